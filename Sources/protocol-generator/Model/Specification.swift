/// A wire protocol as its specification states it: read, resolved and checked.
///
/// Everything that the languages need to know is here, in the order of the specification: names are still those of the
/// specification (snake_case), types are resolved, every field has its offset.
struct Specification: Equatable, Sendable {
  var name: String
  var title: String
  /// What a reader of anything generated must know, such as that the protocol is not its maker's word.
  var notice: String?
  /// The page in prose, beside the specification.
  var page: String?
  /// Stands before the names of types in languages where several protocols share one space of names.
  var prefix: String?
  /// Nil for a protocol that has no versions; then it has no schema CRC either.
  var version: Version?
  var byteOrder: ByteOrder
  var units: [Unit]
  var constants: [Constant]
  var enumerations: [Enumeration]
  var flagSets: [FlagSet]
  var records: [Record]
  var uuidBase: UUIDBase?
  var services: [Service]
  var attErrors: [NamedValue]
  var messages: [Message]
  var streamFraming: StreamFraming?
  /// Of the files that are not in a language with rules for their names.
  var fileName: String { name.replacing("_", with: "-") }

  /// Checksums over more than one value.
  var checksums: [TransferChecksum]

  enum TransferChecksum: String, CaseIterable, Sendable {
    case crc32
  }

  struct Version: Equatable, Sendable {
    var major: Int
    var minor: Int
  }

  enum ByteOrder: String, CaseIterable, Sendable {
    case little
    case big
  }
}

struct Unit: Equatable, Sendable {
  var name: String
  var title: String
  var symbol: String
  /// Becomes part of a field's name; nil where the bare name says enough.
  var suffix: String?
}

struct Constant: Equatable, Sendable {
  var name: String
  var value: Int64
  /// The integer type of the fields that it is compared with; nil for a plain count.
  var type: IntegerType?
  var unit: Unit?
  var doc: String
}

/// An integer on the wire: `u8`, `u16`, `u32`, `u64`, `i8`, `i16`, `i32`, `i64`.
struct IntegerType: Equatable, Sendable {
  var isSigned: Bool
  var size: Int

  init?(name: String) {
    let sizes = ["8": 1, "16": 2, "32": 4, "64": 8]
    guard let sign = name.first, sign == "u" || sign == "i", let size = sizes[String(name.dropFirst())] else {
      return nil
    }
    isSigned = sign == "i"
    self.size = size
  }

  var name: String { (isSigned ? "i" : "u") + String(size * 8) }

  /// What a value of the type can be, as far as 64 signed bits can say it.
  var values: ClosedRange<Int64> {
    if size == 8 { return isSigned ? .min ... .max : 0 ... .max }
    let bits = Int64(size * 8)
    return isSigned ? -(1 << (bits - 1))...(1 << (bits - 1)) - 1 : 0...(1 << bits) - 1
  }
}

/// A value with a name: of an enumeration, or an error code.
struct NamedValue: Equatable, Sendable {
  var name: String
  var value: Int64
  var doc: String
  /// The minor version that appended it.
  var since = 0
}

struct Enumeration: Equatable, Sendable {
  var name: String
  var type: IntegerType
  var isOpen: Bool
  var doc: String
  var values: [NamedValue]
}

struct FlagSet: Equatable, Sendable {
  var name: String
  var type: IntegerType
  /// A bit that the specification does not name is an error; otherwise decoders keep it.
  var rejectsUnknownBits: Bool
  var doc: String
  /// The value of each is its bit number.
  var flags: [NamedValue]

  var knownBits: UInt64 { flags.reduce(0) { $0 | 1 << UInt64($1.value) } }
}

/// Fields in order, without gaps, of a fixed size.
struct Record: Equatable, Sendable {
  var name: String
  var doc: String
  var fields: [Field]

  var size: Int { fields.reduce(0) { $0 + $1.size } }
}

enum FieldType: Equatable, Sendable {
  case integer(IntegerType)
  case enumeration(Enumeration)
  case flagSet(FlagSet)
  case record(Record)
  /// The rest of the value, of at least that many bytes.
  case bytes(minimum: Int)
}

struct Field: Equatable, Sendable {
  var name: String
  var type: FieldType
  var unit: Unit?
  var range: ClosedRange<Int64>?
  /// Values outside the range that have a meaning of their own.
  var special: [NamedValue] = []
  /// The only value that the field may have.
  var constant: Int64?
  /// The field says whether the bytes of the value are those that were sent.
  var checksum: Checksum?
  /// What the number means is not known: it is kept as it is, and shown byte by byte.
  var isOpaque = false
  var doc: String
  /// From the beginning of the value or record.
  var offset = 0
  /// The minor version that appended it.
  var since = 0

  /// Whether a decoded value holds it: what has only one value, or follows from the other bytes, need not be stored.
  var isStored: Bool { constant == nil && checksum == nil }

  struct Checksum: Equatable, Sendable {
    var algorithm: Algorithm
    /// The first byte that it covers; the last one is the last of the value.
    var from: Int

    enum Algorithm: String, CaseIterable, Sendable {
      /// The low eight bits of the sum of the bytes.
      case sum8
    }
  }

  /// Bytes on the wire; for `bytes` those that are always there.
  var size: Int {
    switch type {
    case .integer(let type): type.size
    case .enumeration(let enumeration): enumeration.type.size
    case .flagSet(let set): set.type.size
    case .record(let record): record.size
    case .bytes: 0
    }
  }
}

/// What one ATT value of a characteristic carries in one direction.
struct Message: Equatable, Sendable {
  var name: String
  var direction: Direction
  var maximumLength: Int
  var doc: String
  var header: [Field]
  var otherwise: Otherwise?
  var variants: [Variant]
  /// Bytes behind the last known field are an error; otherwise they are ignored.
  var rejectsTrailing = false

  enum Direction: String, CaseIterable, Sendable {
    case centralToPeripheral = "central_to_peripheral"
    case peripheralToCentral = "peripheral_to_central"
  }

  enum Otherwise: String, CaseIterable, Sendable {
    case error
    case empty
  }

  /// The field of the header that covers the value.
  var checksum: Field? { header.first { $0.checksum != nil } }

  var headerSize: Int { header.reduce(0) { $0 + $1.size } }

  /// The header fields that select the variant, in the order of the header.
  var selectors: [Field] { header.filter { field in variants.contains { $0.when[field.name] != nil } } }

  /// A selector that the variant alone determines, so that it need not be stored beside it.
  func isImplied(_ field: Field) -> Bool {
    otherwise == .error && !variants.isEmpty && variants.allSatisfy { $0.when[field.name] != nil }
  }
}

struct Variant: Equatable, Sendable {
  var name: String
  /// Header field to the value of its enumeration.
  var when: [String: NamedValue]
  var doc: String
  var fields: [Field]
  var since = 0

  /// Bytes of its fields; the least of them where the last is `bytes`.
  var size: Int {
    fields.reduce(0) { total, field in
      if case .bytes(let minimum) = field.type { total + minimum } else { total + field.size }
    }
  }

  /// What a decoded value holds.
  var stored: [Field] { fields.filter(\.isStored) }

  /// The field that takes the rest of the value.
  var payload: Field? {
    fields.last { if case .bytes = $0.type { true } else { false } }
  }
}

/// A 128-bit UUID of which 16 bits are left open, written `7e32XXXX-bf34-...`.
struct UUIDBase: Equatable, Sendable {
  var text: String
  var high: UInt64
  var low: UInt64

  func uuid(_ number: Int64) -> String {
    let digits = String(number, radix: 16)
    return text.replacing("XXXX", with: String(repeating: "0", count: 4 - digits.count) + digits)
  }
}

struct Service: Equatable, Sendable {
  var name: String
  var uuid: Int64
  var title: String
  var characteristics: [Characteristic]
}

struct Characteristic: Equatable, Sendable {
  var name: String
  var uuid: Int64
  var title: String
  var properties: [String]
  /// Names of the messages that its values carry.
  var values: [String]
  var doc: String

  static let knownProperties = ["read", "write", "write_without_response", "notify", "indicate"]
}

/// How messages travel over a byte stream.
struct StreamFraming: Equatable, Sendable {
  var start: Int64
  var header: [Field]
  var checksum: Checksum
  var channels: [Channel]

  struct Checksum: Equatable, Sendable {
    var name: String
    var type: IntegerType
    var polynomial: Int64
    var initial: Int64
    /// Of the ASCII digits 1 to 9.
    var check: Int64
  }

  struct Channel: Equatable, Sendable {
    var message: String
    var number: Int64
  }
}
