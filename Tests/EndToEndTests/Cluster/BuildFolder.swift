import Foundation

/// Where the executables are that were built together with the tests.
enum BuildFolder {
    struct ExecutableMissing: Error, CustomStringConvertible {
        let description: String
    }

    /// An executable beside the test bundle.
    ///
    /// `swift test` runs the bundle itself on Linux, and a helper that is handed the bundle's path elsewhere.
    static func executable(_ name: String) throws -> URL {
        let arguments = CommandLine.arguments.filter { $0.hasSuffix(".xctest") || $0.contains(".xctest/") }
        let origins = [Bundle.main.bundlePath] + [CommandLine.arguments[0]] + arguments + ["/proc/self/exe"]
        var searched: [String] = []
        for origin in origins {
            var folder = URL(fileURLWithPath: origin).resolvingSymlinksInPath()
            for _ in 0..<5 {
                let candidate = folder.appendingPathComponent(name)
                if FileManager.default.isExecutableFile(atPath: candidate.path), !isFolder(candidate) {
                    return candidate
                }
                searched.append(folder.path)
                folder.deleteLastPathComponent()
            }
        }
        throw ExecutableMissing(description: "\(name) is in none of \(Set(searched).sorted().joined(separator: ", "))")
    }

    private static func isFolder(_ url: URL) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) && isFolder.boolValue
    }
}
