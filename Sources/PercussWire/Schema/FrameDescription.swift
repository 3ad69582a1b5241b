#if !hasFeature(Embedded)
  /// A frame taken apart for a person or a tool: each field with its place, its bytes and what they mean.
  ///
  /// ```swift
  /// let frame = try FrameDescription(decoding: [0x13, 7, 0, 0x6C, 7, 0xF4, 1], as: WireSchema.controlRequest)
  /// frame.name                                // control_request.set_speed
  /// frame.body.map(\.meaning)                 // ["1900 PPM", "500 ms"]
  /// ```
  ///
  /// The typed codec decides whether bytes are valid: what it refuses has no description, and the error is its own.
  public struct FrameDescription: Sendable {
    /// What the frame is.
    public let message: WireSchema.Message
    /// Which of the message's bodies it has; nil where the body is empty.
    public let variant: WireSchema.Variant?
    /// The fields of the header, in the order of their bytes.
    public let header: [FrameField]
    /// The fields of the variant, in the order of their bytes; those of a record one by one.
    public let body: [FrameField]
    /// The bytes behind the last field, which a later minor version may have appended and this one ignores.
    public let ignored: Range<Int>

    /// Takes a whole value apart.
    ///
    /// - Throws: what the typed decoder of the message throws.
    public init(decoding bytes: [UInt8], as message: WireSchema.Message) throws(WireError) {
      _ = try message.codec.init(bytes)
      let isBigEndian = message.specification.isBigEndian
      var header: [FrameField] = []
      for field in message.header {
        FrameField.append(field, in: bytes, below: message.name, isBigEndian: isBigEndian, to: &header)
      }
      let variant = message.variants.first { variant in
        variant.agrees { name in header.first { $0.name == name }?.number }
      }
      let path = variant.map { "\(message.name).\($0.name)" } ?? message.name
      var body: [FrameField] = []
      for field in variant?.fields ?? [] {
        FrameField.append(field, in: bytes, below: path, isBigEndian: isBigEndian, to: &body)
      }
      var end = 0
      for index in header.indices { end = max(end, header[index].bytes.endIndex) }
      for index in body.indices { end = max(end, body[index].bytes.endIndex) }
      self.message = message
      self.variant = variant
      self.header = header
      self.body = body
      ignored = end..<max(end, bytes.count)
    }

    /// The message and its variant, such as `control_request.set_speed`.
    public var name: String { variant.map { "\(message.name).\($0.name)" } ?? message.name }

    /// The header's fields and the body's.
    public var fields: [FrameField] { header + body }
  }

  extension WireSchema.Variant {
    /// Whether a header with these numbers selects the variant.
    func agrees(with number: (String) -> Int128?) -> Bool {
      when.allSatisfy { number($0.field) == Int128($0.value) }
    }
  }

  /// A field of a frame: where it stands and what it says.
  public struct FrameField: Sendable {
    /// The field in the schema; in a record its name has the record's before it.
    public let schema: WireSchema.Field
    /// The path in the specification, the same as in a ``WireError``: `control_request.set_speed.ramp`.
    public var path: String { "\(parent).\(name)" }
    /// The path of what it belongs to: put together only for those who ask.
    private let parent: String
    /// Its bytes; the indices count from the first byte of the frame.
    public let bytes: ArraySlice<UInt8>
    /// Whether the first of its bytes is the highest.
    let isBigEndian: Bool

    /// The name in its message or variant, such as `ramp` or `segment.kind`.
    public var name: String { schema.name }
    /// The place of its first byte.
    public var offset: Int { schema.offset }

    /// The number that it is on the wire; nil for bytes without a number.
    public var number: Int128? {
      guard let integer = schema.integer else { return nil }
      var bits: UInt64 = 0
      if isBigEndian {
        for byte in bytes { bits = bits << 8 | UInt64(byte) }
      } else {
        for byte in bytes.reversed() { bits = bits << 8 | UInt64(byte) }
      }
      let value = Int128(bits)
      return value > integer.values.upperBound ? value - (1 << Int128(integer.size &* 8)) : value
    }

    /// What it says, in words: `set_speed`, `1900 PPM`, `quiet`, `14 bytes`.
    public var meaning: String {
      guard let number else { return bytes.count == 1 ? "1 byte" : "\(bytes.count) bytes" }
      return schema.meaning(of: number)
    }

    /// Appends the field, or those of its record.
    static func append(
      _ field: WireSchema.Field, in bytes: [UInt8], below path: String, isBigEndian: Bool, to fields: inout [Self]
    ) {
      if case .record = field.type {
        for leaf in field.leaves { append(leaf, in: bytes, below: path, isBigEndian: isBigEndian, to: &fields) }
        return
      }
      let start = min(field.offset, bytes.count)
      // The typed codec has seen that the bytes are there.
      let end = field.integer.map { min(start &+ $0.size, bytes.count) } ?? bytes.count
      fields.append(Self(schema: field, parent: path, bytes: bytes[start..<end], isBigEndian: isBigEndian))
    }
  }
#endif
