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
      let header = message.header.flatMap {
        FrameField.all(of: $0, in: bytes, below: message.name, isBigEndian: isBigEndian)
      }
      let variant = message.variants.first { variant in
        variant.agrees { name in header.first { $0.name == name }?.number }
      }
      let path = variant.map { "\(message.name).\($0.name)" } ?? message.name
      let body =
        variant?.fields.flatMap { FrameField.all(of: $0, in: bytes, below: path, isBigEndian: isBigEndian) } ?? []
      let end = (header + body).map(\.bytes.endIndex).max() ?? 0
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
    public let path: String
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
      let shift = { (bits: UInt64, byte: UInt8) in bits << 8 | UInt64(byte) }
      let bits = isBigEndian ? bytes.reduce(0, shift) : bytes.reversed().reduce(0, shift)
      let value = Int128(bits)
      return value > integer.values.upperBound ? value - (1 << Int128(integer.size &* 8)) : value
    }

    /// What it says, in words: `set_speed`, `1900 PPM`, `quiet`, `14 bytes`.
    public var meaning: String {
      guard let number else { return bytes.count == 1 ? "1 byte" : "\(bytes.count) bytes" }
      return schema.meaning(of: number)
    }

    static func all(of field: WireSchema.Field, in bytes: [UInt8], below path: String, isBigEndian: Bool) -> [Self] {
      field.leaves.map { leaf in
        let start = min(leaf.offset, bytes.count)
        // The typed codec has seen that the bytes are there.
        let end = leaf.integer.map { min(start &+ $0.size, bytes.count) } ?? bytes.count
        return Self(schema: leaf, path: "\(path).\(leaf.name)", bytes: bytes[start..<end], isBigEndian: isBigEndian)
      }
    }
  }
#endif
