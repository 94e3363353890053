// swift-tools-version:6.2

import PackageDescription

// Warnings are errors where the project is checked, not where somebody builds it with a newer compiler.
let warnings: [SwiftSetting] = Context.environment["TCC_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)]

let settings: [SwiftSetting] =
    warnings + [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let metricsTesting = Target.Dependency.product(name: "MetricsTestKit", package: "swift-metrics")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(
    name: "SystemPackage",
    package: "swift-system",
    condition: .when(platforms: [.linux])
)
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")

let package = Package(
    name: "swift-tcc",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "TCC", targets: ["TCC"]),
        // With what their public declarations name: the database, the HTTP API, the failpoints.
        .library(name: "TCCCoordinator", targets: ["TCCCoordinator", "TCCStorage", "TCCHTTP", "Failpoints"]),
        .library(name: "TCCParticipant", targets: ["TCCParticipant", "TCCStorage", "TCCHTTP", "Failpoints"]),
        .executable(name: "orchestrator", targets: ["orchestrator"]),
        .executable(name: "bench", targets: ["bench"]),
        .executable(name: "chaos", targets: ["chaos"]),
        .executable(name: "draft-service", targets: ["draft-service"]),
        .executable(name: "online-service", targets: ["online-service"]),
        .executable(name: "web-service", targets: ["web-service"]),
    ],
    dependencies: [
        // HTTP/1.1 client with pooled connections: the coordinator's calls and the command line's.
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        // Flags, help texts and shell completions of the three executables.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // The queues of a coordinator's lanes: a deque and a heap.
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        // SHA-256 binds an idempotency key to its request; jwt-kit brings it anyway.
        .package(url: "https://github.com/apple/swift-crypto", from: "4.1.0"),
        // SQLite with migrations, a pool of readers and cached statements.
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        // The HTTP types that Hummingbird's API is made of.
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        // HTTP servers; without swift-configuration, which nothing here reads.
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        // Templates of the pages.
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        // Bearer tokens (JWT, HS256).
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        // Structured logs.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        // Counters and timers for whichever metrics backend the operator bootstraps.
        .package(url: "https://github.com/apple/swift-metrics", from: "2.9.0"),
        // ByteBuffer and the channel behind a request.
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        // File paths, as Subprocess wants them; SwiftNIO and Subprocess bring it anyway.
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
        // Starts and stops every background task in order, and on signals.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // `swift package generate-documentation`; built by nothing else.
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
        // Child processes that end with the task that runs them, for `up` and `demo`.
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
    ],
    targets: [
        // The protocol: state machine, barrier table, retry policy, wire types. No HTTP, no SQL, no clock, no chance.
        .target(name: "TCC", dependencies: [deque, heap], swiftSettings: settings),
        // Places where a test makes a process crash, pause or fail.
        .target(name: "Failpoints", swiftSettings: settings),
        // A database whose writes are on disk before they are answered; the lock on a data directory.
        .target(
            name: "TCCStorage",
            dependencies: ["Failpoints", "TCC", grdb, logging, sqlite],
            swiftSettings: settings
        ),
        // The manners that all HTTP APIs here share: tokens, problems, pages; and the client.
        .target(
            name: "TCCHTTP",
            dependencies: [
                "TCC", asyncHTTPClient, crypto, httpTypes, hummingbird, hummingbirdCore, jwtKit, logging, nioCore,
                nioFoundation, nioHTTP1, nioPosix,
            ],
            swiftSettings: settings
        ),
        // The coordinator: journal, lanes, recovery, routes.
        .target(
            name: "TCCCoordinator",
            dependencies: [
                "Failpoints", "TCC", "TCCHTTP", "TCCStorage", crypto, grdb, httpTypes, hummingbird, lifecycle, logging,
                metrics, nioCore,
            ],
            swiftSettings: settings
        ),
        // The participant side: barrier, asking for outcomes, pruning, routes.
        .target(
            name: "TCCParticipant",
            dependencies: [
                "Failpoints", "TCC", "TCCHTTP", "TCCStorage", grdb, hummingbird, lifecycle, logging, metrics,
            ],
            swiftSettings: settings
        ),
        // How each of the processes is configured, started and stopped.
        .target(
            name: "Hosting",
            dependencies: [
                "Failpoints", "TCC", "TCCHTTP", "TCCParticipant", "TCCStorage", argumentParser, grdb, hummingbird,
                lifecycle, logging, nioCore,
            ],
            swiftSettings: settings
        ),
        // The other end of a connection in the tests, down to its bytes.
        .target(name: "RawPeer", dependencies: [nioCore, nioPosix], path: "Tests/RawPeer", swiftSettings: settings),
        // The domain: what a post is, on the wire and in each library.
        .target(name: "Posts", dependencies: ["TCC"], swiftSettings: settings),
        .target(
            name: "DraftLibrary",
            dependencies: [
                "Failpoints", "Hosting", "Posts", "TCC", "TCCHTTP", "TCCParticipant", "TCCStorage", argumentParser,
                grdb, httpTypes, hummingbird,
            ],
            swiftSettings: settings
        ),
        .target(
            name: "OnlineLibrary",
            dependencies: [
                "Failpoints", "Hosting", "Posts", "TCC", "TCCHTTP", "TCCParticipant", "TCCStorage", argumentParser,
                grdb, httpTypes, hummingbird, nioCore,
            ],
            swiftSettings: settings
        ),
        // The library for readers and the desk for authors, in the browser: calls the services as anybody could.
        .target(
            name: "Pages",
            dependencies: [
                "Hosting", "Posts", "TCC", "TCCHTTP", argumentParser, crypto, httpTypes, hummingbird, lifecycle,
                logging, metrics, mustache, nioCore, nioPosix,
            ],
            swiftSettings: settings
        ),
        // Publishing as a transaction: the orchestrator's routes for posts.
        .target(
            name: "Publishing",
            dependencies: [
                "Failpoints", "Hosting", "Posts", "TCC", "TCCCoordinator", "TCCHTTP", "TCCStorage", grdb, httpTypes,
                hummingbird, lifecycle, logging,
            ],
            swiftSettings: settings
        ),
        // Child processes: their lives, their output, and starting them again.
        .target(
            name: "Supervision",
            dependencies: ["TCC", lifecycle, subprocess, systemPackage],
            swiftSettings: settings
        ),
        // The orchestrator's command line.
        .target(
            name: "OrchestratorCommands",
            dependencies: [
                "Failpoints", "Hosting", "Posts", "Publishing", "Supervision", "TCC", "TCCCoordinator",
                "TCCHTTP",
                "TCCStorage",
                argumentParser, httpTypes, lifecycle, logging, nioCore, nioPosix,
            ],
            swiftSettings: settings
        ),
        .executableTarget(name: "orchestrator", dependencies: ["OrchestratorCommands"], swiftSettings: settings),
        .target(
            name: "ChaosCommands",
            dependencies: [
                "Failpoints", "Harness", "Hosting", "Simulation", "Supervision", "TCC", "TCCHTTP", "Verification",
                argumentParser,
            ],
            swiftSettings: settings
        ),
        .executableTarget(name: "chaos", dependencies: ["ChaosCommands"], swiftSettings: settings),
        // How fast it is: a load generator of its own, floors and baselines, what each publish costs.
        .target(
            name: "Benchmark",
            dependencies: [
                "Hosting", "OrchestratorCommands", "Supervision", "TCC", "TCCHTTP", "TCCStorage", argumentParser, grdb,
                httpTypes, hummingbird, logging, nioCore, nioPosix,
            ],
            swiftSettings: settings
        ),
        .executableTarget(name: "bench", dependencies: ["Benchmark"], swiftSettings: settings),
        .executableTarget(name: "draft-service", dependencies: ["DraftLibrary", "Hosting"], swiftSettings: settings),
        .executableTarget(name: "online-service", dependencies: ["Hosting", "OnlineLibrary"], swiftSettings: settings),
        .executableTarget(name: "web-service", dependencies: ["Hosting", "Pages"], swiftSettings: settings),
        // The example of a participant, which the tests use: a quota of posts.
        .target(
            name: "QuotaLedger",
            dependencies: ["TCC", "TCCParticipant", grdb],
            path: "Tests/QuotaLedger",
            swiftSettings: settings
        ),
        // The contract's ten invariants as a function of a history and a final state; only its dump knows the databases.
        .target(
            name: "Verification",
            dependencies: ["TCC", "TCCHTTP", grdb, httpTypes, nioCore],
            swiftSettings: settings
        ),
        // The real coordinator and participants in a world of one thread, from one seed.
        .target(
            name: "Simulation",
            dependencies: [
                "DraftLibrary", "Failpoints", "OnlineLibrary", "Posts", "QuotaLedger", "TCC", "TCCCoordinator",
                "TCCHTTP", "TCCParticipant", "TCCStorage", "Verification", grdb, httpTypes, hummingbird, logging,
                metrics, nioCore, "Publishing",
            ],
            swiftSettings: settings
        ),
        // The real processes, faults between and in them, clients and readers: what `chaos run` and `sweep` are made of.
        .target(
            name: "Harness",
            dependencies: [
                "DraftLibrary", "Failpoints", "Hosting", "OnlineLibrary", "Posts", "Supervision", "TCC", "TCCHTTP",
                "TCCStorage", "Verification", grdb, httpTypes, nioCore, nioPosix, subprocess, systemPackage,
            ],
            swiftSettings: settings
        ),
        // The examples of the documentation: a server for that participant, and a coordinator of one's own.
        .executableTarget(
            name: "quota-service",
            dependencies: [
                "Failpoints", "QuotaLedger", "TCC", "TCCHTTP", "TCCParticipant", "TCCStorage", grdb, hummingbird,
                logging,
            ],
            path: "Tests/QuotaService",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "promotion-service",
            dependencies: ["Failpoints", "TCC", "TCCCoordinator", "TCCHTTP", "TCCStorage", grdb, hummingbird, logging],
            path: "Tests/PromotionService",
            swiftSettings: settings
        ),
        .testTarget(name: "TCCTests", dependencies: ["TCC"], swiftSettings: settings),
        // Holds the documentation to the code: every block of Swift, failpoint, file, flag, metric and log line in it.
        .testTarget(
            name: "DocumentationTests",
            dependencies: [
                "DraftLibrary", "Failpoints", "OnlineLibrary", "OrchestratorCommands", "Pages", argumentParser,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TCCStorageTests",
            dependencies: ["Failpoints", "TCC", "TCCStorage", grdb, logging],
            swiftSettings: settings
        ),
        // HTTP as its RFCs want it, over real sockets; and what a process writes.
        .testTarget(
            name: "TCCHTTPTests",
            dependencies: [
                "Hosting", "TCC", "TCCHTTP", "TCCParticipant", httpTypes, hummingbird, hummingbirdTesting, logging,
                nioCore, nioPosix,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TCCCoordinatorTests",
            dependencies: [
                "Failpoints", "RawPeer", "TCC", "TCCCoordinator", "TCCHTTP", "TCCStorage", grdb, hummingbird,
                hummingbirdTesting, httpTypes, lifecycle, logging, metricsTesting, nioCore,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "TCCParticipantTests",
            dependencies: [
                "Failpoints", "QuotaLedger", "RawPeer", "TCC", "TCCHTTP", "TCCParticipant", "TCCStorage", grdb,
                hummingbird, hummingbirdTesting,
                httpTypes, lifecycle, logging, metricsTesting, nioCore,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Simulation", "TCC", "TCCCoordinator", "TCCHTTP", "Verification", grdb, httpTypes, nioCore],
            swiftSettings: settings
        ),
        .testTarget(
            name: "VerificationTests",
            dependencies: ["ChaosCommands", "Supervision", "TCC", "Verification", "chaos"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "BenchTests",
            dependencies: [
                "Benchmark", "Supervision", "bench", "draft-service", "online-service", "orchestrator", argumentParser,
                nioCore,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "HarnessTests",
            dependencies: [
                "Failpoints", "Harness", "Supervision", "TCC", "TCCHTTP", "Verification", hummingbird, httpTypes,
                logging,
                nioCore,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "SupervisionTests",
            dependencies: ["Supervision", "TCC", lifecycle, logging],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PostsTests",
            dependencies: [
                "DraftLibrary", "Failpoints", "Hosting", "OnlineLibrary", "OrchestratorCommands", "Pages", "Posts",
                "Publishing", "RawPeer", "TCC", "TCCCoordinator", "TCCHTTP", "TCCParticipant", "TCCStorage",
                argumentParser, grdb, hummingbird, hummingbirdTesting, httpTypes, lifecycle, logging, nioCore,
            ],
            swiftSettings: settings
        ),
        // What each program makes of settings that cannot be.
        .testTarget(
            name: "SettingsTests",
            dependencies: [
                "Benchmark", "ChaosCommands", "DraftLibrary", "Hosting", "OnlineLibrary", "OrchestratorCommands",
                "Pages", "Supervision", "TCC", "TCCHTTP", "TCCStorage", "bench", "chaos", "draft-service",
                "online-service", "orchestrator", "promotion-service", "quota-service", "web-service", argumentParser,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "PagesTests",
            dependencies: [
                "Hosting", "Pages", "Posts", "TCC", "TCCHTTP", httpTypes, hummingbird, hummingbirdTesting, logging,
                nioCore,
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "Failpoints", "Harness", "Hosting", "QuotaLedger", "RawPeer", "Supervision", "TCC", "TCCHTTP",
                "TCCParticipant",
                "TCCStorage", "chaos", "draft-service", "online-service", "orchestrator", "promotion-service",
                "quota-service", "web-service", "Verification", grdb, hummingbird, httpTypes,
                lifecycle, logging, nioCore, subprocess, systemPackage,
            ],
            swiftSettings: settings
        ),
    ]
)
