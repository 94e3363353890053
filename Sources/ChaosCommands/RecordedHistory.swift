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

/// A file that was named at the command line cannot be used.
struct UnusableFile: CommandEntry.Coded, CustomStringConvertible {
    /// Why.
    let description: String

    /// That of wrong usage: nothing is said about what the file is about.
    var exitCode: Int32 { 2 }

    /// Why something cannot be done with a file.
    ///
    /// - Parameter error: what Foundation has to say of it.
    /// - Returns: one clause.
    static func cause(of error: any Error) -> String {
        let error = error as NSError
        if let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError, cause.domain == NSPOSIXErrorDomain {
            return String(cString: strerror(Int32(cause.code)))
        }
        return error.localizedDescription
    }
}
