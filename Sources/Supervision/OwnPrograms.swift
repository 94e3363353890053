import Foundation

/// The programs that are built together with the one that runs.
package enum OwnPrograms {
    /// Where one of them is: beside this program's own file.
    ///
    /// - Parameter name: the program's name.
    /// - Returns: its path; the name alone, to be looked for in `PATH`, if this program has no file.
    package static func path(_ name: String) -> String {
        let beside = Bundle.main.executableURL?.resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: name)
        return beside?.path(percentEncoded: false) ?? name
    }
}
