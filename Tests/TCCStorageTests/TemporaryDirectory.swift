import Foundation

/// A directory of a test's own, for as long as the body runs.
func withTemporaryDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let url = FileManager.default.temporaryDirectory.appending(path: "tcc-storage-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    do {
        let value = try await body(url.path)
        try FileManager.default.removeItem(at: url)
        return value
    } catch {
        try FileManager.default.removeItem(at: url)
        throw error
    }
}
