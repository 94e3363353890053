import Foundation

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What the disk under the databases can do: appends of 4 KiB, each synced.
package struct DiskFloor: Hashable, Sendable, Codable {
    /// Syncs a second, one after the other.
    package var perSecond: Double
    /// How long one takes, in milliseconds, without its write.
    package var sync: Figure.Latency

    /// Makes one.
    ///
    /// - Parameters:
    ///   - perSecond: syncs a second.
    ///   - sync: how long one takes.
    package init(perSecond: Double, sync: Figure.Latency) {
        self.perSecond = perSecond
        self.sync = sync
    }

    private static let size = 4096

    /// Appends to a file for a while; blocks the thread.
    ///
    /// - Parameters:
    ///   - folder: where the databases would be.
    ///   - duration: for how long.
    /// - Returns: the figures.
    /// - Throws: a ``BenchFailure`` if the file cannot be written.
    static func measure(in folder: URL, for duration: Duration) throws -> DiskFloor {
        let path = folder.appending(path: "disk-floor").path(percentEncoded: false)
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw BenchFailure(BenchFailure.usage, "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
        defer {
            close(file)
            unlink(path)
        }
        let page = [UInt8](repeating: 0x2A, count: size)
        var histogram = LatencyHistogram()
        let start = ContinuousClock.now
        while ContinuousClock.now - start < duration {
            guard write(file, page, size) == size else {
                throw BenchFailure(BenchFailure.broken, "\(path): \(String(cString: strerror(errno)))")
            }
            let before = ContinuousClock.now
            #if canImport(Darwin)
            _ = fcntl(file, F_FULLFSYNC)
            #else
            fdatasync(file)
            #endif
            histogram.record(Int((ContinuousClock.now - before) / .microseconds(1)))
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        guard let sync = Figure.Latency(histogram) else {
            throw BenchFailure(BenchFailure.broken, "nothing was synced in \(duration)")
        }
        return DiskFloor(perSecond: Double(histogram.count) / seconds, sync: sync)
    }
}
