import Foundation
public import NIOCore
import NIOFoundationCompat
public import TCC

/// JSON as the contract wants it: slashes not escaped, problems that name the field.
///
/// A type that is `FastJSONReadable` or `FastJSONWritable` goes the fast way; wherever that gives up, and for every
/// error, Codable has the last word.
public enum JSONCoding {
    /// Writes a value.
    ///
    /// - Parameter value: the value; absent members are null if its `encode(to:)` says so.
    /// - Returns: the value as JSON in UTF-8.
    /// - Throws: an `EncodingError`, for numbers that JSON has no form for.
    public static func encode(_ value: some Encodable) throws -> ByteBuffer {
        if let value = value as? any FastJSONWritable {
            var writer = JSONWriter()
            value.write(into: &writer)
            if !writer.hasGivenUp { return ByteBuffer(bytes: writer.bytes) }
        }
        return try encodeByCodable(value)
    }

    /// Writes a value by Codable, whatever its type: what the fast way is held to.
    package static func encodeByCodable(_ value: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        // Sorted: otherwise the order is that of a dictionary, another one each time, and a request that is made anew for
        // its idempotency key would not be the one that has the key.
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return ByteBuffer(data: try encoder.encode(value))
    }

    /// Reads a request's body.
    ///
    /// - Parameters:
    ///   - type: what it should be.
    ///   - body: the bytes.
    /// - Returns: the value that the body describes.
    /// - Throws: a problem: 400 `malformed-json`, or 422 `invalid-field` naming the field.
    public static func decode<Value: Decodable>(_ type: Value.Type, from body: ByteBuffer) throws -> Value {
        if let fast = type as? any FastJSONReadable.Type, let value = read(fast, from: body) as? Value { return value }
        return try decodeByCodable(type, from: body)
    }

    private static func read<Fast: FastJSONReadable>(_ type: Fast.Type, from body: ByteBuffer) -> Fast? {
        body.withUnsafeReadableBytes { bytes in
            bytes.withMemoryRebound(to: UInt8.self) { JSONScanner.read(type, from: $0) }
        }
    }

    /// Reads a request's body by Codable, whatever its type: what the fast way is held to.
    package static func decodeByCodable<Value: Decodable>(_ type: Value.Type, from body: ByteBuffer) throws -> Value {
        try check(body.readableBytesView)
        do {
            return try JSONDecoder().decode(type, from: Data(buffer: body))
        } catch DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty {
            // Malformed, or a number that is no whole number, which Foundation does not tell apart.
            guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(buffer: body)),
                let field = pathOfFraction(in: value)
            else { throw malformed }
            throw Problem.invalid(field, notWhole)
        } catch let error as DecodingError {
            throw problem(for: error)
        }
    }

    /// One of several values in a body, each of which is refused alone if it is not valid.
    public struct Part<Value: Decodable & Sendable>: Decodable, Sendable {
        /// The value; or why it is not valid, as if it were the whole body.
        public let result: Result<Value, any Error>

        /// Reads it.
        public init(from decoder: any Decoder) throws {
            do {
                self.result = .success(try Value(from: decoder))
            } catch let error as DecodingError {
                self.result = .failure(JSONCoding.problem(for: error, below: decoder.codingPath.count))
            } catch let problem as Problem {
                self.result = .failure(problem)
            } catch {
                // Foundation's own, which it turns into a DecodingError only in the end: see ``decode(_:from:)``. What
                // is malformed is so as a whole.
                guard let value = try? JSONValue(from: decoder) else { throw error }
                let fraction = pathOfFraction(in: value)
                self.result = .failure(fraction.map { Problem.invalid($0, notWhole) } ?? error)
            }
        }

        init(_ value: Value) { self.result = .success(value) }
    }

    private static let notWhole = "must be a whole number of 64 bits"

    private static let malformed = Problem(400, "malformed-json", "The body is not JSON in UTF-8.")

    private static let deepestNesting = 64

    /// Refuses what Foundation's decoder takes although it is no JSON in UTF-8, UTF-16 and a comma before a closing
    /// bracket, and what would cost it much time, deep nesting and long names that are not plain ASCII.
    private static func check(_ bytes: ByteBufferView) throws {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw malformed }
        var isInString = false
        var isEscaped = false
        var followsComma = false
        var (depth, deepest) = (0, 0)
        // Of the last string, which a colon makes a name.
        var (length, isPlain) = (0, true)
        for byte in bytes {
            if byte == 0 { throw malformed }
            if isInString {
                length += 1
                if byte >= 0x80 || byte == UInt8(ascii: "\\") { isPlain = false }
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                    length -= 1
                }
                continue
            }
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): continue
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if followsComma { throw malformed }
            case UInt8(ascii: "\""): (isInString, length, isPlain) = (true, 0, true)
            case UInt8(ascii: ":") where !isPlain && length > JSONName.longest:
                throw Problem.invalid("body", "must not have names of more than \(JSONName.longest) bytes")
            default: break
            }
            followsComma = byte == UInt8(ascii: ",")
        }
        guard depth == 0 else { throw malformed }
        guard deepest <= deepestNesting else {
            throw Problem.invalid("body", "must not be nested deeper than \(deepestNesting) levels")
        }
    }

    /// Where the first number is that is no whole number of 64 bits.
    private static func pathOfFraction(in value: JSONValue, at path: String = "") -> String? {
        switch value {
        case .number: path.isEmpty ? "body" : path
        case .array(let items):
            items.enumerated().lazy.compactMap { pathOfFraction(in: $1, at: "\(path)[\($0)]") }.first
        case .object(let members):
            members.lazy.compactMap { pathOfFraction(in: $1, at: path.isEmpty ? $0 : "\(path).\($0)") }.first
        default: nil
        }
    }

    private static func problem(for error: DecodingError, below depth: Int = 0) -> Problem {
        func name(_ path: [any CodingKey]) -> String { Self.name(of: Array(path.dropFirst(depth))) }
        switch error {
        case .dataCorrupted(let context):
            return .invalid(name(context.codingPath), context.debugDescription)
        case .keyNotFound(let key, let context):
            return .invalid(name(context.codingPath + [key]), "is missing")
        case .valueNotFound(_, let context):
            return .invalid(name(context.codingPath), "must not be null")
        case .typeMismatch(let type, let context):
            return .invalid(name(context.codingPath), "must be \(description(of: type))")
        @unknown default:
            return Problem(400, "malformed-json", "The body cannot be read.")
        }
    }

    private static func description(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "a string"
        case is Bool.Type: "true or false"
        case is any BinaryInteger.Type: "a whole number"
        case is any BinaryFloatingPoint.Type: "a number"
        case is [Any].Type: "an array"
        default: "an object"
        }
    }

    private static func name(of path: [any CodingKey]) -> String {
        guard !path.isEmpty else { return "body" }
        return path.reduce("") { name, key in
            if let index = key.intValue { return "\(name)[\(index)]" }
            return name.isEmpty ? key.stringValue : "\(name).\(key.stringValue)"
        }
    }
}

extension JSONCoding.Part: FastJSONReadable where Value: FastJSONReadable {
    /// Reads a valid value; one that is not valid leaves all of them to Codable.
    public init(scanning scanner: inout JSONScanner) throws(JSONDoubt) { self.init(try Value(scanning: &scanner)) }
}
