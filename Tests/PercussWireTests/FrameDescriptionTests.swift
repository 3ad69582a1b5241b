import PercussWire
import Testing

/// The generic view of a frame against the golden vectors, and through them against the typed codec.
struct FrameDescriptionTests {
  static func files() throws -> [VectorFile] { try MessageVectorTests.files() }

  func message(_ file: VectorFile) throws -> WireSchema.Message {
    try file.schema
  }

  @Test func `the schema has every message, once, and every channel`() {
    let keys = WireSchema.specifications.flatMap { specification in
      specification.messages.map { message in
        specification == .percuss ? message.name : specification.name.replacing("_", with: "-") + "/" + message.name
      }
    }
    #expect(keys.count == MessageCodec.all.count)
    #expect(Set(keys) == Set(MessageCodec.all.keys))
    for channel in StreamChannel.allCases {
      #expect(WireSchema.message(onChannel: channel.rawValue)?.name == "\(channel)")
    }
    #expect(WireSchema.message(onChannel: 0xFF) == nil)
  }

  @Test(arguments: try files()) func `says what the vector says`(file: VectorFile) throws {
    let message = try message(file)
    for vector in file.vectors {
      let frame = try FrameDescription(decoding: vector.bytes.bytes, as: message)
      #expect(frame.value == vector.value, "\(vector.name)")
    }
  }

  @Test(arguments: try files()) func `gives every byte to one field, in order`(file: VectorFile) throws {
    let message = try message(file)
    for vector in file.vectors {
      let bytes = vector.bytes.bytes
      let frame = try FrameDescription(decoding: bytes, as: message)
      #expect(frame.fields.flatMap(\.bytes) + bytes[frame.ignored] == bytes, "\(vector.name)")
      #expect(frame.fields.allSatisfy { $0.offset == $0.bytes.startIndex && !$0.meaning.isEmpty }, "\(vector.name)")
      #expect(bytes.count - frame.ignored.count == vector.encoded.count, "\(vector.name)")
    }
  }

  @Test(arguments: try files()) func `throws the typed codec's error`(file: VectorFile) throws {
    let message = try message(file)
    for vector in file.malformed ?? [] {
      do throws(WireError) {
        _ = try FrameDescription(decoding: vector.bytes.bytes, as: message)
        Issue.record("\(vector.name): was described")
      } catch {
        #expect(error.json(ofRequest: message.name == "control_request") == vector.error, "\(vector.name)")
      }
    }
  }

  @Test func `fields have the paths and places that errors give them`() {
    var paths: [String: Int] = [:]
    let messages = WireSchema.specifications.flatMap(\.messages)
    for message in messages {
      for field in message.header.flatMap(\.leaves) { paths["\(message.name).\(field.name)"] = field.offset }
      for variant in message.variants {
        for field in variant.fields.flatMap(\.leaves) {
          paths["\(message.name).\(variant.name).\(field.name)"] = field.offset
        }
      }
    }
    let known = (0..<UInt32(WireSchema.specifications.count) << 16).map(WireField.init(rawValue:)).filter { field in
      field.offset != nil && messages.contains { "\(field)".hasPrefix($0.name + ".") }
    }
    #expect(known.count == paths.count)
    for field in known { #expect(paths["\(field)"] == field.offset, "\(field)") }
  }

  @Test(arguments: [
    ("control_request", "13 07 01 6c 07 f4 01", "set_speed, 7, quiet, 1900 PPM, 500 ms"),
    ("control_request", "15 ff 00 00 00 00 00", "set_timer, 255, none, disabled"),
    ("control_request", "15 ff 00 90 5f 01 00", "set_timer, 255, none, 90000 ms (1 min 30 s)"),
    ("control_request", "15 ff 00 00 5c 26 05", "set_timer, 255, none, 86400000 ms (1 d)"),
    ("control_request", "14 00 00 71 02", "set_force_limit, 0, none, 62.5 N"),
    ("control_response", "80 7e 01 7f 00", "128, unknown, 1, unknown, idle"),
    (
      "telemetry", "01 08 01 00 00 00 00 00 00 00 05 00 ff ff 64 ff ff 0a 00 90",
      "1, fault, 1 ms, 0 PPM, 0 PPM, 0.5 N, -0.1 °C, 100 %, 65535, 10 s (10 s), bit_4, bit_7"
    ),
    ("routine_data", "01 02 00 01 00 00 aa", "chunk, 2, 256 B, 1 byte"),
  ])
  func `words for people`(name: String, text: String, meanings: String) throws {
    let message = try #require(WireSchema.message(named: name))
    let bytes = try #require(JSONValue.string(text).bytes)
    let frame = try FrameDescription(decoding: bytes, as: message)
    #expect(frame.fields.map(\.meaning).joined(separator: ", ") == meanings)
  }

  @Test func `checksums are hexadecimal`() throws {
    let message = WireSchema.controlRequest
    let bytes: [UInt8] = [0x20, 0, 0, 1, 15, 0, 0, 0, 0x0D, 0xF0, 0xAD, 0x0B]
    let frame = try FrameDescription(decoding: bytes, as: message)
    #expect(frame.body.last?.meaning == "0x0badf00d")
  }

  @Test func `bytes that a later version appends are told apart`() throws {
    let frame = try FrameDescription(decoding: [0x10, 7, 0, 1, 2], as: WireSchema.controlRequest)
    #expect(frame.name == "control_request.stop")
    #expect(frame.ignored == 3..<5)
  }
}

extension WireSchema.Field {
  /// Whether a value says something by it: what has only one value, and what follows from the other bytes, does not.
  var isGiven: Bool { constant == nil && checksum == nil }
}

extension VectorFile {
  /// The message in the schema of its protocol.
  var schema: WireSchema.Message {
    get throws {
      let name = family?.replacing("-", with: "_") ?? "percuss"
      let specification = try #require(WireSchema.specifications.first { $0.name == name })
      return try #require(specification.messages.first { $0.name == message })
    }
  }
}

extension FrameDescription {
  /// The frame as the vectors write values.
  var value: JSONValue {
    var members = Self.members(header.filter { $0.schema.isGiven && !message.isImplied($0.schema) })
    if let variant { members[variant.name] = .object(Self.members(body.filter(\.schema.isGiven))) }
    return .object(members)
  }

  private static func members(_ fields: [FrameField]) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    for field in fields {
      let names = field.name.split(separator: ".").map(String.init)
      if names.count == 1 {
        members[names[0]] = value(field)
      } else {
        var record: [String: JSONValue] = [:]
        if case .object(let present) = members[names[0]] { record = present }
        record[names[1]] = value(field)
        members[names[0]] = .object(record)
      }
    }
    return members
  }

  private static func value(_ field: FrameField) -> JSONValue {
    guard let number = field.number else { return .string(hexadecimal(field.bytes)) }
    switch field.schema.type {
    case .enumeration(let enumeration):
      return enumeration.name(of: number).map(JSONValue.string) ?? .integer(Int64(number))
    case .flags(let set): return .array(set.names(of: number).map(JSONValue.string))
    default: return field.schema.size == 8 ? .string(String(number)) : .integer(Int64(number))
    }
  }
}
