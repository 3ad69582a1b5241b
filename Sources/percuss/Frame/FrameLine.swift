import PercussGATT
import PercussWire

/// A frame as `--json` prints it; see `protocol-spec/output.md`.
struct FrameLine: Encodable {
  let type = "frame"
  /// The line of the standard input, from 1.
  var line: Int?
  let bytes: String
  var stream: Stream?
  let interpretations: [Interpretation]
  let refusals: [Refusal]

  init(_ bytes: [UInt8], _ reading: FrameReading, line: Int? = nil, stream: Stream? = nil) {
    self.line = line
    self.bytes = hex(bytes)
    self.stream = stream
    interpretations = (reading.frames + reading.longer).map { Interpretation($0) }
    refusals = interpretations.isEmpty ? reading.likelyRefusals(of: bytes).map { Refusal($0) } : []
  }

  struct Stream: Encodable {
    let offset: Int
    let channel: UInt8
  }

  struct Interpretation: Encodable {
    let `protocol`: String
    let message: String
    let variant: String?
    let direction: String
    let characteristic: String
    let uuid: String
    let fields: [Field]
    let ignoredBytes: Int

    init(_ frame: FrameDescription) {
      `protocol` = frame.message.specification.argument
      message = frame.message.name
      variant = frame.variant?.name
      direction = frame.message.direction.rawValue
      characteristic = frame.message.characteristic.name
      uuid = BluetoothUUID(of: frame.message).fullText
      fields = frame.fields.map { Field($0) }
      ignoredBytes = frame.ignored.count
    }
  }

  struct Field: Encodable {
    let name: String
    let offset: Int
    let length: Int
    let bytes: String
    let value: Number?
    let meaning: String

    init(_ field: FrameField) {
      name = field.name
      offset = field.offset
      length = field.bytes.count
      bytes = hex(field.bytes)
      value = field.number.map { Number(value: $0) }
      meaning = field.meaning
    }
  }

  /// An integer of up to 64 bits, with a sign or without.
  struct Number: Encodable {
    let value: Int128

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      if let value = Int64(exactly: value) {
        try container.encode(value)
      } else {
        try container.encode(UInt64(clamping: value))
      }
    }
  }

  struct Refusal: Encodable {
    let message: String
    let field: String
    let offset: Int
    let reason: String

    init(_ refusal: FrameReading.Refusal) {
      self.init(message: refusal.message.name, refusal.error)
    }

    init(message: String, _ error: WireError) {
      self.message = message
      field = "\(error.field)"
      offset = error.offset
      reason = "\(error.reason)"
    }
  }
}

/// A frame that can be encoded, as `frame list --json` prints it.
struct FrameKindLine: Encodable {
  let type = "frame_kind"
  let `protocol`: String
  let name: String
  let direction: String
  let characteristic: String
  let doc: String
  let fields: [Field]

  struct Field: Encodable {
    let name: String
    let unit: String?
    let minimum: Int64?
    let maximum: Int64?
    let values: [String]?
    let doc: String
  }

  init(_ builder: FrameBuilder) {
    `protocol` = builder.message.specification.argument
    name = builder.name
    direction = builder.message.direction.rawValue
    characteristic = builder.message.characteristic.name
    doc = builder.variant?.doc ?? builder.message.doc
    fields = builder.fields.map { field in
      Field(
        name: field.name, unit: field.unit?.symbol, minimum: field.range?.lowerBound, maximum: field.range?.upperBound,
        values: field.words.isEmpty ? nil : field.words, doc: field.doc)
    }
  }
}

extension WireSchema.Field {
  /// The words that a text of the field can be.
  var words: [String] {
    switch type {
    case .enumeration(let enumeration): enumeration.values.map(\.name)
    case .flags(let set): set.flags.map(\.name)
    case .integer, .record, .bytes: special.map(\.name)
    }
  }
}
