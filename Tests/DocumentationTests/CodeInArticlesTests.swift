import Failpoints
import Foundation
import Testing

@Suite("What the documentation says of the code")
struct CodeInArticlesTests {
    @Test func thereAreArticles() {
        #expect(Article.all.count >= 11)
    }

    /// A reader copies it: so it is what the compiler saw and the tests ran.
    @Test(arguments: Article.all)
    func everyBlockOfSwiftStandsInACompiledFile(_ article: Article) throws {
        // A reader has one target, where the tests have a library that others use, too.
        let sources = try Package.files(withSuffix: ".swift").values
            .map { $0.replacing("import QuotaLedger\n", with: "") }
        for block in article.blocks where block.language == "swift" && !block.isManifest {
            #expect(sources.contains { $0.contains(block.text) }, "drifted from its source:\n\(block.text)")
        }
    }

    @Test(arguments: Article.all)
    func everyBlockHasALanguage(_ article: Article) {
        for block in article.blocks {
            #expect(["swift", "sh", "json", "http", "sql", "text"].contains(block.language), "\(block.text)")
        }
    }

    @Test(arguments: Article.all)
    func everyFileThatIsNamedExists(_ article: Article) throws {
        let files = try Package.files(withSuffix: ".swift").keys
        let names = article.codeWords.filter { $0.hasSuffix(".swift") && !$0.contains("GRDB.swift") }
        for name in Set(names).subtracting(["Package.swift"]) {
            #expect(files.contains { $0 == name || $0.hasSuffix("/\(name)") }, "there is no \(name)")
        }
    }

    @Test func theArticleOnDeathsNamesEveryFailpointAndNoOther() throws {
        let article = try Article.named("WhatHappensWhenAProcessDies")
        let roles = Set(Failpoint.allCases.map { $0.rawValue.prefix { $0 != "." } })
        let named = article.codeWords.filter { word in
            word.wholeMatch(of: /[a-z-]+\.[a-z-]+\.(before|after)/) != nil && roles.contains(word.prefix { $0 != "." })
        }
        #expect(Set(named) == Set(Failpoint.allCases.map(\.rawValue)))
        // Each has one row, which begins with it.
        for failpoint in Failpoint.allCases {
            let rows = article.text.split(separator: "\n").filter { $0.hasPrefix("| `\(failpoint.rawValue)` |") }
            #expect(rows.count == 1, "\(failpoint.rawValue) has \(rows.count) rows")
        }
    }

    /// An operator searches the logs for these, and makes alerts of the metrics.
    @Test func logLinesAndMetricsStandInTheSources() throws {
        let article = try Article.named("RunningItForReal")
        let sources = try Package.files(withSuffix: ".swift", in: ["Sources"]).values.joined(separator: "\n")
        let messages = article.text.split(separator: "\n").filter { $0.hasPrefix("| \"") }
            .compactMap { $0.firstMatch(of: /^\| "([^"]+)"/).map { String($0.output.1) } }
        #expect(messages.count >= 8)
        for message in messages { #expect(sources.contains("\"\(message)\""), "nobody logs: \(message)") }
        let metrics = Set(article.codeWords.filter { $0.hasPrefix("tcc.") && $0.split(separator: ".").count == 3 })
            .union(article.codeWords.filter { $0.hasPrefix("tcc.coordinator.transaction.") })
        let known = sources.matches(of: /label: "(tcc\.[a-z.]+)"/).map { String($0.output.1) }
        #expect(metrics == Set(known))
    }

    /// The two languages tell the same story: the same files, the same protocol words.
    @Test(arguments: ["WhatTCCIs", "OnePublish"])
    func theChineseArticleNamesTheSameFiles(_ name: String) throws {
        let (english, chinese) = (try Article.named(name), try Article.named("\(name)-zh"))
        func files(_ article: Article) -> [String] { article.codeWords.filter { $0.hasSuffix(".swift") } }
        #expect(files(english) == files(chinese))
        #expect(english.text.contains("<doc:\(name)-zh>") && chinese.text.contains("<doc:\(name)>"))
    }
}

extension Article.Block {
    /// A user's own `Package.swift` is no source of this package; what can be checked of it is checked below.
    var isManifest: Bool { text.hasPrefix("// swift-tools-version:") }
}

@Suite("The manifests in the documentation")
struct ManifestsInArticlesTests {
    @Test func theyNameProductsThatThereAre() throws {
        let own = try String(contentsOf: Package.folder.appendingPathComponent("Package.swift"), encoding: .utf8)
        let products = Set(own.matches(of: /\.library\(name: "([A-Za-z]+)"/).map { String($0.output.1) })
        let manifests = Article.all.flatMap(\.blocks).filter(\.isManifest)
        #expect(!manifests.isEmpty)
        for manifest in manifests {
            let used = manifest.text.matches(of: /\.product\(name: "([A-Za-z]+)", package: "swift-tcc"\)/)
            #expect(!used.isEmpty)
            for product in used { #expect(products.contains(String(product.output.1))) }
        }
    }
}
