import ArgumentParser
import Foundation
import Hosting
import Verification

/// The argument that names a recorded history.
struct RecordedHistory: ParsableArguments {
    @Argument(help: ArgumentHelp("A history that 'chaos run' wrote.", valueName: "HISTORY"))
    var path: String

    /// Reads it.
    ///
    /// - Returns: the history.
    /// - Throws: ``UnusableFile`` if it cannot be read.
    func read() throws -> Recording {
        do {
            return try Recording(contentsOf: URL(fileURLWithPath: path))
        } catch let error as UnreadableRecording {
            throw UnusableFile(description: "\(path): \(error)")
        } catch {
            throw UnusableFile(description: "\(path) cannot be read: \(UnusableFile.cause(of: error))")
        }
    }
}
