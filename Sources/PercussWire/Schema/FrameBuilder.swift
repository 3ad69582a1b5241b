#if !hasFeature(Embedded)
  /// Makes a frame from names and texts, as a person or a script writes them.
  ///
  /// ```swift
  /// let values = [("sequence", "7"), ("flags", "none"), ("speed", "1900"), ("ramp", "500 ms")]
  /// try FrameBuilder.named("set_speed").first?.bytes(values)    // 13 07 00 6c 07 f4 01
  /// ```
  ///
  /// A text is a number as on the wire (decimal, or hexadecimal behind `0x`), a number with a unit (`1.5s`, `62.5 N`), the name of
  /// an enumeration's or special value, flags joined by commas (or `none`), or for bytes their hexadecimal digits. Units are
  /// converted exactly, never rounded. The typed decoder has accepted what comes out.
  public struct FrameBuilder: Sendable {
    /// What is made.
    public let message: WireSchema.Message
    /// The body that it gets; nil where the header's values say which.
    public let variant: WireSchema.Variant?

    /// A builder of one kind of frame.
    ///
    /// With a variant the header fields that it fixes are not asked for; without one they are, and the variant follows from them.
    public init(_ message: WireSchema.Message, variant: WireSchema.Variant? = nil) {
      self.message = message
      self.variant = variant
    }

    /// The builders that a name can stand for: a message, a message's variant (`control_request.stop`), or a variant alone (`stop`).
    public static func named(_ name: String, in specification: WireSchema.Specification = .percuss) -> [FrameBuilder] {
      all(in: specification).filter { $0.name == name || $0.variant?.name == name }
    }

    /// A builder of each variant, in the order of the specification, before them one of the message without a variant.
    public static func all(in specification: WireSchema.Specification = .percuss) -> [FrameBuilder] {
      specification.messages.flatMap { message in
        [FrameBuilder(message)] + message.variants.map { FrameBuilder(message, variant: $0) }
      }
    }

    /// The message and its variant, such as `control_request.set_speed`.
    public var name: String { variant.map { "\(message.name).\($0.name)" } ?? message.name }

    /// The fields to give, in the order of their bytes; those of a record one by one.
    public var fields: [WireSchema.Field] { givenHeader + Self.given(variant) }

    private static func given(_ variant: WireSchema.Variant?) -> [WireSchema.Field] {
      variant?.fields.flatMap(\.leaves).filter { $0.constant == nil } ?? []
    }

    private var givenHeader: [WireSchema.Field] {
      message.header.flatMap(\.leaves).filter { $0.constant == nil && $0.checksum == nil && fixed($0) == nil }
    }

    private func fixed(_ field: WireSchema.Field) -> Int64? {
      variant?.when.first { $0.field == field.name }?.value
    }

    /// The encoded frame.
    ///
    /// - Throws: ``FrameBuilderError``: for a name that the frame does not have or that comes twice, a field without a value, a
    ///   text that its field cannot be, and for what the typed decoder refuses, such as a number out of range.
    public func bytes(_ values: [(name: String, text: String)]) throws(FrameBuilderError) -> [UInt8] {
      let texts = try Self.index(values)
      var bytes: [UInt8] = []
      var numbers: [String: Int128] = [:]
      try requireAll(of: self.fields, in: texts)
      for field in message.header.flatMap(\.leaves) {
        let content: FieldContent
        // A checksum follows from the other bytes, at the end.
        if let number = field.constant ?? fixed(field) ?? (field.checksum == nil ? nil : 0) {
          content = .number(Int128(number))
        } else {
          content = try field.content(of: texts[field.name] ?? "")
        }
        if case .number(let number) = content { numbers[field.name] = number }
        bytes += content.bytes(of: field, isBigEndian: isBigEndian)
      }
      let body = variant ?? message.variants.first { $0.agrees { numbers[$0] } }
      let fields = Self.given(body)
      let known = (givenHeader + fields).map(\.name)
      if let unknown = values.first(where: { !known.contains($0.name) }) {
        throw .unknownField(unknown.name, known: known)
      }
      try requireAll(of: fields, in: texts)
      for field in body?.fields.flatMap(\.leaves) ?? [] {
        let content: FieldContent
        if let constant = field.constant {
          content = .number(Int128(constant))
        } else {
          content = try field.content(of: texts[field.name] ?? "")
        }
        bytes += content.bytes(of: field, isBigEndian: isBigEndian)
      }
      for field in message.header {
        if let checksum = field.checksum { bytes[field.offset] = checksum.value(of: bytes) }
      }
      do {
        _ = try FrameDescription(decoding: bytes, as: message)
      } catch {
        throw .refused(error)
      }
      return bytes
    }

    private var isBigEndian: Bool { message.specification.isBigEndian }

    private static func index(_ values: [(name: String, text: String)]) throws(FrameBuilderError) -> [String: String] {
      var texts: [String: String] = [:]
      for (name, text) in values {
        guard texts.updateValue(text, forKey: name) == nil else { throw .repeatedField(name) }
      }
      return texts
    }

    private func requireAll(of fields: [WireSchema.Field], in texts: [String: String]) throws(FrameBuilderError) {
      let missing = fields.map(\.name).filter { texts[$0] == nil }
      guard missing.isEmpty else {
        // A misspelt name explains a missing one, so it is told first.
        let known = self.fields.map(\.name)
        if variant != nil || message.variants.isEmpty,
          let unknown = texts.keys.sorted().first(where: { !known.contains($0) })
        {
          throw .unknownField(unknown, known: known)
        }
        throw .missingFields(missing)
      }
    }
  }

  /// Why a frame could not be made.
  public enum FrameBuilderError: Error, Equatable, Sendable {
    /// The frame has no such field; those that it takes.
    case unknownField(String, known: [String])
    /// A field was given twice.
    case repeatedField(String)
    /// Fields without a value, in the order of their bytes.
    case missingFields([String])
    /// A word that has no meaning in the field; those that have.
    case unknownWord(String, field: String, known: [String])
    /// A text that the field cannot be, and why, as the end of a sentence.
    case invalidText(String, field: String, reason: String)
    /// The typed decoder refuses the frame.
    case refused(WireError)
  }

  extension FrameBuilderError: CustomStringConvertible {
    /// A sentence that names the field and what would be right.
    public var description: String {
      switch self {
      case .unknownField(let name, let known):
        "there is no field '\(name)'; "
          + (known.isEmpty ? "the frame takes none" : "the frame takes " + known.joined(separator: ", "))
      case .repeatedField(let name): "the field '\(name)' is given twice; give it once"
      case .missingFields(let names):
        (names.count == 1 ? "a value is missing: " : "values are missing: ") + names.joined(separator: ", ")
      case .unknownWord(let word, let field, let known):
        "'\(word)' has no meaning in '\(field)'; it takes \(known.joined(separator: ", "))"
      case .invalidText(let text, let field, let reason): "'\(text)' cannot be the value of '\(field)': \(reason)"
      case .refused(let error): "\(error)"
      }
    }
  }
#endif
