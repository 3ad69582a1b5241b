import Foundation
import Testing

/// One file of `protocol-spec/vectors`; its README describes the format.
struct VectorFile: Decodable, Sendable, CustomTestStringConvertible {
  var message: String
  /// The folder of a protocol beside our own; nil for our own.
  var family: String?
  var vectors: [Vector]
  var malformed: [Malformed]?
  var streams: [Stream]?

  struct Vector: Decodable, Sendable {
    var name: String
    var bytes: HexBytes
    var value: JSONValue
    /// What encoding gives where it is not `bytes`: those without the trailing bytes of a later version.
    var canonical: HexBytes?
    var crc32: JSONValue?
    var message: String?

    var encoded: [UInt8] { canonical?.bytes ?? bytes.bytes }
  }

  struct Malformed: Decodable, Sendable {
    var name: String
    var bytes: HexBytes
    var error: JSONValue
  }

  struct Stream: Decodable, Sendable {
    var name: String
    var bytes: HexBytes
    var events: [JSONValue]
  }

  struct HexBytes: Decodable, Sendable {
    var bytes: [UInt8]

    init(from decoder: any Decoder) throws {
      let value = try JSONValue(from: decoder)
      guard let bytes = value.bytes else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: decoder.codingPath, debugDescription: "not hexadecimal bytes: \(value)"))
      }
      self.bytes = bytes
    }
  }

  /// The message, behind the folder of its protocol.
  var key: String { family.map { "\($0)/\(message)" } ?? message }

  var testDescription: String { key }

  static let folder = URL(filePath: #filePath).appending(path: "../../../protocol-spec/vectors").standardizedFileURL

  /// Every file of the folder and of those in it: there is no list of them anywhere.
  static func all() throws -> [VectorFile] {
    let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".json") }
      .sorted()
    return try files.map { path in
      let url = folder.appending(path: path)
      var file = try JSONDecoder().decode(VectorFile.self, from: Data(contentsOf: url))
      let parts = path.split(separator: "/")
      if parts.count > 1 { file.family = String(parts[0]) }
      guard url.lastPathComponent == file.message + ".json" else { throw Misnamed(url: url, message: file.message) }
      return file
    }
  }

  static func named(_ message: String) throws -> VectorFile {
    try JSONDecoder().decode(VectorFile.self, from: Data(contentsOf: folder.appending(path: message + ".json")))
  }

  struct Misnamed: Error {
    var url: URL
    var message: String
  }
}
