import Foundation
import TCC

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Wall clocks that can be set, by libfaketime.
package enum FakeClock {
    private static let libraries = [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib64/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1",
    ]

    /// The library, if it is installed.
    package static var library: String? {
        libraries.first { FileManager.default.fileExists(atPath: $0) }
    }

    /// Whether a process has loaded it.
    ///
    /// - Parameter pid: the process.
    /// - Returns: false if it has not, or is gone.
    static func isIn(_ pid: Int32) -> Bool {
        // Read by hand: Foundation takes a file of /proc to be at its end after the first page.
        guard let maps = fopen("/proc/\(pid)/maps", "r") else { return false }
        defer { fclose(maps) }
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, maps) > 0 {
            if let line, strstr(line, "libfaketime") != nil { return true }
        }
        return false
    }

    /// Lets a process's clock be set.
    ///
    /// - Parameters:
    ///   - party: the process.
    ///   - folder: where its setting is kept.
    ///   - library: libfaketime.
    /// - Returns: what its environment needs.
    /// - Throws: what keeps the setting from being written.
    static func environment(for party: Party, in folder: URL, _ library: String) throws -> [String: String?] {
        try set(.zero, for: party, in: folder)
        return [
            "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": file(party, folder).path(percentEncoded: false),
            // Timers go by a clock that never jumps.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_NO_CACHE": "1",
        ]
    }

    /// Sets a clock.
    ///
    /// - Parameters:
    ///   - skew: how far ahead it is.
    ///   - party: whose it is.
    ///   - folder: where its setting is kept.
    /// - Throws: what keeps it from being written.
    static func set(_ skew: Duration, for party: Party, in folder: URL) throws {
        let seconds = Double(skew.wholeMilliseconds) / 1000
        try Data("\(seconds < 0 ? "" : "+")\(seconds)".utf8).write(to: file(party, folder), options: .atomic)
    }

    private static func file(_ party: Party, _ folder: URL) -> URL {
        folder.appending(path: "\(party.rawValue).clock")
    }
}
