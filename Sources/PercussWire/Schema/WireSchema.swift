#if !hasFeature(Embedded)
  /// The specification as values: what every message carries, with names, units, limits and words for people.
  ///
  /// Tools that show or take frames by name work on this description (``FrameDescription`` and ``FrameBuilder`` do); programs that
  /// know what they want use the typed messages. Both are generated from the same page. Lengths and offsets are in bytes.
  public enum WireSchema {
    /// The message of that name, such as `control_request`.
    public static func message(named name: String) -> Message? {
      messages.first { $0.name == name }
    }

    /// The message that a stream frame on that channel carries; nil for an unknown channel.
    public static func message(onChannel channel: UInt8) -> Message? {
      messages.first { $0.channel == channel }
    }
  }

  extension WireSchema {
    /// A protocol: what all of its messages have in common.
    public struct Specification: Hashable, Sendable {
      /// The name in the specification, such as `percuss`.
      public let name: String
      /// The name for people.
      public let title: String
      /// What its user must know, such as that it is not its maker's word; nil where there is nothing to be said.
      public let notice: String?
      /// The order of the bytes of every number.
      public let isBigEndian: Bool
      /// The UUID of which 16 bits are open, in halves; nil where the UUIDs are short ones, which other products may use too.
      public let uuidBase: (high: UInt64, low: UInt64)?

      /// The name alone tells one from another.
      public static func == (left: Self, right: Self) -> Bool { left.name == right.name }
      /// Of the name.
      public func hash(into hasher: inout Hasher) { hasher.combine(name) }
    }

    /// What one ATT value of a characteristic carries in one direction.
    public struct Message: Sendable {
      /// The name in the specification.
      public let name: String
      /// One sentence for people.
      public let doc: String
      /// The protocol that it belongs to.
      public let specification: Specification
      /// Who sends it.
      public let direction: Direction
      /// Where it travels over GATT.
      public let characteristic: Characteristic
      /// The channel of the stream frames that carry it; nil for a message that no channel carries.
      public let channel: UInt8?
      /// The typed message, whose decoder decides what is valid.
      public let codec: any WireMessage.Type
      /// A header that selects no variant is an error; otherwise the body is empty then.
      public let requiresVariant: Bool
      /// What every such message begins with.
      public let header: [Field]
      /// What may follow; the first that agrees with the header does.
      public let variants: [Variant]

      /// The variant of that name, such as `set_speed`.
      public func variant(named name: String) -> Variant? {
        variants.first { $0.name == name }
      }

      /// Whether the variant alone determines the field, so that it says nothing beside the variant's name.
      public func isImplied(_ field: Field) -> Bool {
        requiresVariant && !variants.isEmpty
          && variants.allSatisfy { variant in variant.when.contains { $0.field == field.name } }
      }
    }

    /// Who sends a message.
    public enum Direction: String, Sendable {
      /// A write.
      case centralToPeripheral = "central_to_peripheral"
      /// A read, a notification or an indication.
      case peripheralToCentral = "peripheral_to_central"
    }

    /// A GATT characteristic of the protocol's service.
    public struct Characteristic: Hashable, Sendable {
      /// The name in the specification.
      public let name: String
      /// The name for people.
      public let title: String
      /// The 16 bits of its UUID that ``Specification/uuidBase`` leaves open; the whole of a short one.
      public let number: UInt16
    }

    /// One of the bodies that a message can have.
    public struct Variant: Sendable {
      /// The name in the specification.
      public let name: String
      /// One sentence for people.
      public let doc: String
      /// What the header must say.
      public let when: [Selector]
      /// What follows the header.
      public let fields: [Field]
    }

    /// A value that a header field must have.
    public struct Selector: Hashable, Sendable {
      /// The field's name.
      public let field: String
      /// Its value.
      public let value: Int64

      init(_ field: String, is value: Int64) {
        (self.field, self.value) = (field, value)
      }
    }

    /// A part of a message or record.
    public struct Field: Sendable {
      /// The name in the specification.
      public let name: String
      /// Its first byte in the message, or in the record.
      public let offset: Int
      /// How its bytes are read.
      public let type: FieldType
      /// What its number counts.
      public let unit: Unit?
      /// What its number may be, inclusive; nil where the type is the only limit.
      public let range: ClosedRange<Int64>?
      /// Values outside of the range that have a meaning of their own.
      public let special: [NamedValue]
      /// The only value that it may have.
      public let constant: Int64?
      /// What the field says about the other bytes.
      public let checksum: Checksum?
      /// What its number means is not known: tools show its bytes.
      public let isOpaque: Bool
      /// One sentence for people.
      public let doc: String

      init(
        _ name: String, at offset: Int, _ type: FieldType, unit: Unit? = nil, range: ClosedRange<Int64>? = nil,
        special: [NamedValue] = [], constant: Int64? = nil, checksum: Checksum? = nil, isOpaque: Bool = false,
        doc: String
      ) {
        self.name = name
        self.offset = offset
        self.type = type
        self.unit = unit
        self.range = range
        self.special = special
        self.constant = constant
        self.checksum = checksum
        self.isOpaque = isOpaque
        self.doc = doc
      }
    }

    /// A number over other bytes of the value.
    public enum Checksum: Hashable, Sendable {
      /// The low eight bits of the sum of the bytes from an offset to the end.
      case sum8(from: Int)

      /// The checksum of a whole value.
      public func value(of bytes: [UInt8]) -> UInt8 {
        switch self {
        case .sum8(let start): bytes.dropFirst(start).reduce(0, &+)
        }
      }
    }

    /// How the bytes of a field are read; its ``Specification`` tells their order.
    public enum FieldType: Sendable {
      case integer(Integer)
      case enumeration(Enumeration)
      case flags(FlagSet)
      case record(Record)
      /// The rest of the value, of at least that many bytes.
      case bytes(minimum: Int)
    }

    /// An integer on the wire.
    public struct Integer: Hashable, Sendable {
      /// Its bytes: 1, 2, 4 or 8.
      public let size: Int
      /// Two's complement.
      public let isSigned: Bool

      static let u8 = Self(size: 1, isSigned: false)
      static let u16 = Self(size: 2, isSigned: false)
      static let u32 = Self(size: 4, isSigned: false)
      static let u64 = Self(size: 8, isSigned: false)
      static let i8 = Self(size: 1, isSigned: true)
      static let i16 = Self(size: 2, isSigned: true)
      static let i32 = Self(size: 4, isSigned: true)
      static let i64 = Self(size: 8, isSigned: true)

      /// What it can hold.
      public var values: ClosedRange<Int128> {
        let half: Int128 = 1 << Int128(size &* 8 &- 1)
        return isSigned ? (0 - half)...(half - 1) : 0...(half + (half - 1))
      }
    }

    /// A number with a name.
    public struct NamedValue: Hashable, Sendable {
      /// The name in the specification.
      public let name: String
      /// The number; of a flag the number of its bit.
      public let value: Int64
      /// One sentence for people.
      public let doc: String

      init(_ name: String, _ value: Int64, _ doc: String) {
        self.name = name
        self.value = value
        self.doc = doc
      }
    }

    /// A number that stands for one of several words.
    public struct Enumeration: Sendable {
      /// The name in the specification.
      public let name: String
      /// The number on the wire.
      public let integer: Integer
      /// A later minor version may add values: one without a name is valid.
      public let isOpen: Bool
      /// The values that have a name.
      public let values: [NamedValue]
    }

    /// A number whose bits stand for words.
    public struct FlagSet: Sendable {
      /// The name in the specification.
      public let name: String
      /// The number on the wire.
      public let integer: Integer
      /// The bits that have a name, from the lowest.
      public let flags: [NamedValue]
    }

    /// Fields that belong together.
    public struct Record: Sendable {
      /// The name in the specification.
      public let name: String
      /// Its fields; their offsets count from its first byte.
      public let fields: [Field]
    }

    /// What a number counts.
    public struct Unit: Hashable, Sendable {
      /// The name in the specification, such as `decinewton`.
      public let name: String
      /// The symbol to write behind a number, such as `N`.
      public let symbol: String
      /// Places by which the decimal point moves to the left before that symbol: 1 where 625 stands for 62.5 N.
      public let decimals: Int
    }
  }

  extension WireSchema.Field {
    /// Bytes on the wire; of `bytes` none, because the value's length decides.
    public var size: Int { integer?.size ?? leaves.reduce(0) { $0 &+ ($1.integer?.size ?? 0) } }

    /// The number that the field is; nil for a record and for bytes.
    public var integer: WireSchema.Integer? {
      switch type {
      case .integer(let integer): integer
      case .enumeration(let enumeration): enumeration.integer
      case .flags(let set): set.integer
      case .record, .bytes: nil
      }
    }

    /// The field itself, or those of its record at their places in the message and named `segment.kind`.
    public var leaves: [Self] {
      guard case .record(let record) = type else { return [self] }
      return record.fields.flatMap { part in
        part.leaves.map { leaf in
          Self(
            "\(name).\(leaf.name)", at: offset &+ leaf.offset, leaf.type, unit: leaf.unit, range: leaf.range,
            special: leaf.special, constant: leaf.constant, isOpaque: leaf.isOpaque, doc: leaf.doc)
        }
      }
    }
  }
#endif
