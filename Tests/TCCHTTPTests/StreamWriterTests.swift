import Foundation
import TCCHTTP
import Logging
import Testing

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

@Suite("What a process writes holds it up nowhere")
struct StreamWriterTests {
    /// A pipe whose both ends are closed at the end.
    private func withPipe(_ body: (_ reading: Int32, _ writing: Int32) throws -> Void) throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        try body(ends[0], ends[1])
    }

    private func read(_ file: Int32, until isEnough: (String) -> Bool) -> String {
        var (text, bytes) = ("", [UInt8](repeating: 0, count: 1 << 16))
        while !isEnough(text) {
            var waiting = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 20_000) > 0 else { break }
            let count = systemRead(file, &bytes, bytes.count)
            if count <= 0 { break }
            text += String(decoding: bytes[..<count], as: UTF8.self)
        }
        return text
    }

    /// How many lines were written or are said to be missing.
    private static func lines(in text: String) -> Int {
        text.split(separator: "\n")
            .reduce(0) { count, line in
                if line.contains("missing") {
                    return count + (line.split(separator: " ").compactMap { Int($0) }.first ?? 0)
                }
                return count + (line.utf8.count == 99 ? 1 : 0)
            }
    }

    @Test("a pipe that nobody reads costs no time; what is missing is counted where it is missing")
    func fullPipe() throws {
        try withPipe { reading, writing in
            let writer = StreamWriter(writing, mostBytes: 10_000)
            let line = String(repeating: "x", count: 99) + "\n"
            // More than the pipe and the queue hold.
            for _ in 0..<20_000 { writer.write(line) }
            writer.flush(within: .milliseconds(50))
            let text = read(reading) { Self.lines(in: $0) >= 20_000 }
            #expect(Self.lines(in: text) == 20_000)
            #expect(text.contains("missing"))
            writer.write("after\n")
            #expect(read(reading) { $0.contains("after") } == "after\n")
            writer.flush(within: .seconds(20))
        }
    }

    @Test("a logger's lines come in their order, and one that is critical is there at once")
    func logs() throws {
        try withPipe { reading, writing in
            let writer = StreamWriter(writing)
            var logger = Logger(label: "test", factory: { StreamWriterLogHandler(label: $0, writer: writer) })
            logger[metadataKey: "kept"] = "1"
            for number in 1...100 { logger.info("line", metadata: ["number": "\(number)"]) }
            logger.critical("the end")
            let lines = read(reading) { $0.contains("the end") }.split(separator: "\n")
            #expect(lines.count == 101)
            for (index, line) in lines.dropLast().enumerated() {
                #expect(line.contains("info test: kept=1 number=\(index + 1) ") && line.hasSuffix(" line"), "\(line)")
            }
        }
    }

    @Test("a descriptor that cannot be written at all loses its lines, and nothing else")
    func unwritable() throws {
        try withPipe { reading, _ in
            let writer = StreamWriter(reading)
            for _ in 0..<100 { writer.write("lost\n") }
            writer.flush(within: .seconds(20))
        }
    }
}

/// `read(2)`, by a name that the suite does not have itself.
private func systemRead(_ file: Int32, _ bytes: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(file, bytes, count)
}
