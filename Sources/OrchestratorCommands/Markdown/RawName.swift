#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A path as the system has it: bytes, which need not be UTF-8.
package struct RawName: Hashable, Sendable {
    /// The arguments of this process.
    package static var arguments: [RawName] {
        (0..<Int(CommandLine.argc)).compactMap { CommandLine.unsafeArgv[$0] }
            .map { RawName(UnsafeBufferPointer(start: $0, count: strlen($0)).map { UInt8(bitPattern: $0) }) }
    }

    private let bytes: [UInt8]

    /// A path.
    ///
    /// - Parameter bytes: its bytes, without a zero byte.
    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The path; nil if it is not UTF-8.
    var text: String? { String(validating: bytes, as: UTF8.self) }

    /// As Swift reads an argument.
    var mended: String { String(decoding: bytes, as: UTF8.self) }

    /// For people, and for a shell: each byte that is none of a character as `\xE9`.
    var shown: String {
        var shown = ""
        var rest = bytes[...]
        while !rest.isEmpty {
            // A character has four bytes at most.
            let length = (1...4).first { String(validating: rest.prefix($0), as: UTF8.self) != nil }
            if let length {
                shown += String(decoding: rest.prefix(length), as: UTF8.self)
                rest = rest.dropFirst(length)
            } else {
                let digits = String(rest.removeFirst(), radix: 16, uppercase: true)
                shown += "\\x\(digits)"
            }
        }
        return shown
    }

    /// What it leads to, links followed; nil for nowhere.
    func kind() -> FileKind? {
        var code: Int32 = 0
        let path = bytes.map { CChar(bitPattern: $0) } + [0]
        return path.withUnsafeBufferPointer { path in path.baseAddress.flatMap { FileKind.at($0, &code) } }
    }

    /// The folder that this process works in; nil if it is gone.
    static var workingDirectory: RawName? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return RawName(UnsafeBufferPointer(start: path, count: strlen(path)).map { UInt8(bitPattern: $0) })
    }
}
