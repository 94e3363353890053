import ArgumentParser
import Foundation
import Hosting
import TCCHTTP

/// How the pages are served.
struct PageServingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Where readers find the pages, for the feed, and the name by which they may be called beside the machine's \
            own; with https, cookies are Secure (environment: PUBLIC_URL; default: the address it listens on).
            """,
            valueName: "url"
        )
    )
    var publicUrl: String?

    @Option(
        help: ArgumentHelp(
            """
            An origin that images in posts may be loaded from; repeatable. Images from elsewhere become links \
            (environment: IMAGE_ORIGINS, with commas between them; default: none).
            """,
            valueName: "origin"
        )
    )
    var imageOrigin: [String] = []

    @Flag(
        help: ArgumentHelp(
            """
            Let anybody sign in by any name, for trials on one's own machine; else by a token of 'orchestrator token'. \
            Needs an address of loopback to listen on, and an orchestrator that was started with the same flag \
            (environment: DEVELOPMENT_SIGN_IN, 1 for on; default: off).
            """
        )
    )
    var developmentSignIn = false

    /// What the pages run with.
    ///
    /// - Parameters:
    ///   - variables: the environment.
    ///   - host: the address to listen on.
    /// - Returns: each setting from the flag, else the environment, else the default.
    /// - Throws: a usage error.
    func resolve(_ variables: Variables, host: String) throws -> PageSettings {
        var url = try variables.resolve(publicUrl, "PUBLIC_URL", default: "")
        if url.hasSuffix("/") { url.removeLast() }
        guard url.isEmpty || PageSettings.isOrigin(url) else {
            throw ValidationError("--public-url (or PUBLIC_URL) must be like https://posts.example, in lower case.")
        }
        let listed = try variables.resolve(nil, "IMAGE_ORIGINS", default: "").split(separator: ",")
            .map {
                $0.trimmingCharacters(in: .whitespaces)
            }
        let origins = imageOrigin.isEmpty ? listed : imageOrigin
        guard origins.allSatisfy(PageSettings.isOrigin) else {
            throw ValidationError(
                "--image-origin (or IMAGE_ORIGINS) must be like https://images.example, in lower case."
            )
        }
        return PageSettings(
            publicURL: url.isEmpty ? nil : url,
            imageOrigins: origins,
            allowsDevelopmentSignIn: try DevelopmentSignIn.resolve(developmentSignIn, variables, host: host)
        )
    }
}
