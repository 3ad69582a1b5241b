import Foundation
import Testing

/// One file of `protocol-spec/vectors`; its README describes the format.
struct VectorFile: Decodable, Sendable, CustomTestStringConvertible {
  var message: String
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

  var testDescription: String { message }

  static let folder = URL(filePath: #filePath).appending(path: "../../../protocol-spec/vectors").standardizedFileURL

  /// Every file of the folder: there is no list of them anywhere.
  static func all() throws -> [VectorFile] {
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "json" }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
    return try files.map { url in
      let file = try JSONDecoder().decode(VectorFile.self, from: Data(contentsOf: url))
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
