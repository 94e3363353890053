/// What a process had on disk at which moment, by its system calls on a database's write-ahead log.
///
/// A row of a transaction's table begins with its gid, and the values that follow it follow as text. SQLite writes a
/// frame as a header of 24 bytes and a page; the header of a commit's last frame has the database's size in it. A commit
/// is on disk from the return of the first sync that was called after that frame was written.
struct DurableRecords {
    private static let frameHeaderSize = 24
    private static let logHeaderSize = 32
    private static let gidLength = 36
    private static let longestRest = 160

    /// By gid, then by the text after it: the line of the trace from which on it was on disk.
    private var lines: [String: [String: Int]] = [:]

    /// How often the log was begun anew after a checkpoint.
    private(set) var restarts = -1

    /// How many commits there were.
    private(set) var commits = 0

    /// How many syncs there were.
    private(set) var syncs = 0

    /// Follows a database.
    ///
    /// - Parameter calls: the process's, in order.
    init(_ calls: [SystemCall]) {
        var isLastFrame = false
        var uncommitted: [(gid: String, rest: String)] = []
        var unsynced: [(gid: String, rest: String, written: Int)] = []
        for call in calls {
            if call.isLogSync {
                syncs += 1
                for record in unsynced where record.written < call.entered {
                    // A row that did not change is in later pages again.
                    guard lines[record.gid]?[record.rest] == nil else { continue }
                    lines[record.gid, default: [:]][record.rest] = call.returned
                }
                unsynced.removeAll { $0.written < call.entered }
            } else if call.isLogWrite, call.result == Self.frameHeaderSize {
                isLastFrame = call.bytes.dropFirst(4).prefix(4).contains { $0 != 0 }
            } else if call.isLogWrite, call.result == Self.logHeaderSize {
                restarts += 1
            } else if call.isLogWrite {
                uncommitted += Self.records(in: call.bytes)
                guard isLastFrame else { continue }
                commits += 1
                unsynced += uncommitted.map { ($0.gid, $0.rest, call.returned) }
                uncommitted = []
            }
        }
    }

    /// The line from which on a row was on disk, or nil if it never was.
    ///
    /// - Parameters:
    ///   - gid: the gid that it begins with.
    ///   - texts: what may follow the gid, the row's next values one after the other.
    /// - Returns: the earliest of such a row.
    func line(of gid: String, followedBy texts: [String]) -> Int? {
        (lines[gid] ?? [:]).filter { rest, _ in texts.contains { rest.hasPrefix($0) } }.map(\.value).min()
    }

    /// Every UUIDv7 in a page, and the text after it.
    private static func records(in page: [UInt8]) -> [(gid: String, rest: String)] {
        var records: [(gid: String, rest: String)] = []
        var index = 0
        while index + gidLength <= page.count {
            let candidate = page[index..<(index + gidLength)]
            guard isGID(candidate) else {
                index += 1
                continue
            }
            index += gidLength
            let rest = page[index...].prefix(longestRest).prefix { isWordByte($0) }
            records.append((String(decoding: candidate, as: UTF8.self), String(decoding: rest, as: UTF8.self)))
        }
        return records
    }

    private static func isGID(_ bytes: ArraySlice<UInt8>) -> Bool {
        let start = bytes.startIndex
        guard bytes[start + 8] == UInt8(ascii: "-"), bytes[start + 14] == UInt8(ascii: "7") else { return false }
        return bytes.enumerated()
            .allSatisfy { position, byte in
                if [8, 13, 18, 23].contains(position) { return byte == UInt8(ascii: "-") }
                return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "-")
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
