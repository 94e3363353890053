import Foundation
public import NIOCore
import NIOFoundationCompat
import TCC

/// JSON as the contract wants it: slashes not escaped, problems that name the field.
public enum JSONCoding {
    /// Writes a value.
    ///
    /// - Parameter value: the value; absent members are null if its `encode(to:)` says so.
    /// - Returns: the value as JSON in UTF-8.
    /// - Throws: an `EncodingError`, for numbers that JSON has no form for.
    public static func encode(_ value: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
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
        do {
            return try JSONDecoder().decode(type, from: Data(buffer: body))
        } catch let error as DecodingError {
            throw problem(for: error)
        }
    }

    private static func problem(for error: DecodingError) -> Problem {
        switch error {
        case .dataCorrupted(let context):
            if context.codingPath.isEmpty {
                return Problem(400, "malformed-json", "The body is not JSON in UTF-8.")
            }
            return .invalid(name(of: context.codingPath), context.debugDescription)
        case .keyNotFound(let key, let context):
            return .invalid(name(of: context.codingPath + [key]), "is missing")
        case .valueNotFound(_, let context):
            return .invalid(name(of: context.codingPath), "must not be null")
        case .typeMismatch(let type, let context):
            return .invalid(name(of: context.codingPath), "must be \(description(of: type))")
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
