/// What an ATT PDU does: its opcode. The numbers below are sections of Core Vol 3 Part F.
public struct ATTOperation: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The opcode; 0x100 and 0x101 are the joined values that several PDUs have carried.
  public let rawValue: UInt16

  /// An operation from its opcode.
  public init(rawValue: UInt16) {
    self.rawValue = rawValue
  }

  /// An operation from its opcode.
  @inlinable @inline(__always)
  public init(_ opcode: UInt8) {
    rawValue = UInt16(opcode)
  }

  /// 3.4.1.1: the server refuses a request.
  public static let errorResponse = ATTOperation(0x01)
  /// 3.4.2.1: the client says how long PDUs may be.
  public static let exchangeMTURequest = ATTOperation(0x02)
  /// 3.4.2.2: the server says it.
  public static let exchangeMTUResponse = ATTOperation(0x03)
  /// 3.4.3.1: which types are at these handles?
  public static let findInformationRequest = ATTOperation(0x04)
  /// 3.4.3.2: handles and types.
  public static let findInformationResponse = ATTOperation(0x05)
  /// 3.4.3.3: where is this value of this type?
  public static let findByTypeValueRequest = ATTOperation(0x06)
  /// 3.4.3.4: ranges of handles.
  public static let findByTypeValueResponse = ATTOperation(0x07)
  /// 3.4.4.1: which values of this type are there?
  public static let readByTypeRequest = ATTOperation(0x08)
  /// 3.4.4.2: handles and values.
  public static let readByTypeResponse = ATTOperation(0x09)
  /// 3.4.4.3: what is the value?
  public static let readRequest = ATTOperation(0x0A)
  /// 3.4.4.4: the value, or its beginning.
  public static let readResponse = ATTOperation(0x0B)
  /// 3.4.4.5: what is the value from this place on?
  public static let readBlobRequest = ATTOperation(0x0C)
  /// 3.4.4.6: a part of the value.
  public static let readBlobResponse = ATTOperation(0x0D)
  /// 3.4.4.7: what are these values?
  public static let readMultipleRequest = ATTOperation(0x0E)
  /// 3.4.4.8: the values in a row.
  public static let readMultipleResponse = ATTOperation(0x0F)
  /// 3.4.4.9: which services are there?
  public static let readByGroupTypeRequest = ATTOperation(0x10)
  /// 3.4.4.10: ranges of handles and their values.
  public static let readByGroupTypeResponse = ATTOperation(0x11)
  /// 3.4.5.1: a value for the server, which answers.
  public static let writeRequest = ATTOperation(0x12)
  /// 3.4.5.2: the value is written.
  public static let writeResponse = ATTOperation(0x13)
  /// 3.4.6.1: a part of a value that is to be written later.
  public static let prepareWriteRequest = ATTOperation(0x16)
  /// 3.4.6.2: the part is kept.
  public static let prepareWriteResponse = ATTOperation(0x17)
  /// 3.4.6.3: write all parts, or forget them.
  public static let executeWriteRequest = ATTOperation(0x18)
  /// 3.4.6.4: that is done.
  public static let executeWriteResponse = ATTOperation(0x19)
  /// 3.4.7.1: a value of the server, without an answer.
  public static let notification = ATTOperation(0x1B)
  /// 3.4.7.2: a value of the server that is confirmed.
  public static let indication = ATTOperation(0x1D)
  /// 3.4.7.3: the indication has come.
  public static let confirmation = ATTOperation(0x1E)
  /// 3.4.4.11: what are these values, with their lengths?
  public static let readMultipleVariableRequest = ATTOperation(0x20)
  /// 3.4.4.12: the values with their lengths.
  public static let readMultipleVariableResponse = ATTOperation(0x21)
  /// 3.4.7.4: several values of the server.
  public static let multipleNotification = ATTOperation(0x23)
  /// 3.4.5.3: a value for the server, without an answer.
  public static let writeCommand = ATTOperation(0x52)
  /// 3.4.5.4: the same with a signature.
  public static let signedWriteCommand = ATTOperation(0xD2)
  /// The whole value that an Execute Write Request writes, joined of the prepared parts.
  public static let preparedValue = ATTOperation(rawValue: 0x100)
  /// The whole value that a read and the blobs after it gave.
  public static let longReadValue = ATTOperation(rawValue: 0x101)

  /// Whether a client sends it, so that the other side is the server.
  @inlinable @inline(__always)
  public var isFromClient: Bool {
    // The even ones from 0x02 to 0x20.
    Self.isOne(rawValue, of: 0x1_5555_5554) || rawValue == 0x52 || rawValue == 0xD2 || rawValue == 0x100
  }

  /// Whether a number is one of those below 64 whose bits are set: this is asked of every PDU, so without jumps.
  @inlinable @inline(__always)
  static func isOne(_ number: UInt16, of bits: UInt64) -> Bool {
    number < 64 && bits &>> UInt64(number) & 1 != 0
  }

  /// Whether it gives or takes an attribute's value, or can.
  @inlinable @inline(__always)
  public var carriesValue: Bool {
    // Of reads 0x09, 0x0B, 0x0D, 0x0F and 0x21, of writes 0x12 and 0x16, of the server 0x1B, 0x1D and 0x23.
    Self.isOne(rawValue, of: 0xA_2844_AA00) || rawValue == 0x52 || rawValue == 0xD2 || isJoined
  }

  /// Whether the specification has such an operation.
  var isKnown: Bool { Self.names[rawValue] != nil }

  /// Whether it is joined of several PDUs.
  @inlinable public var isJoined: Bool { rawValue > 0xFF }

  /// The name, as in `write_command`; `opcode_0x99` for an unknown one.
  public var name: String { Self.names[rawValue] ?? "opcode_0x\(String(rawValue, radix: 16))" }

  /// The name for people, as in `write command`.
  public var description: String { Self.texts[rawValue] ?? Self.text(name) }

  private static func text(_ name: String) -> String { String(name.map { $0 == "_" ? " " : $0 }) }

  private static let texts = names.mapValues { text($0) }

  private static let names: [UInt16: String] = [
    0x01: "error_response", 0x02: "exchange_mtu_request", 0x03: "exchange_mtu_response",
    0x04: "find_information_request", 0x05: "find_information_response", 0x06: "find_by_type_value_request",
    0x07: "find_by_type_value_response", 0x08: "read_by_type_request", 0x09: "read_by_type_response",
    0x0A: "read_request", 0x0B: "read_response", 0x0C: "read_blob_request", 0x0D: "read_blob_response",
    0x0E: "read_multiple_request", 0x0F: "read_multiple_response", 0x10: "read_by_group_type_request",
    0x11: "read_by_group_type_response", 0x12: "write_request", 0x13: "write_response",
    0x16: "prepare_write_request", 0x17: "prepare_write_response", 0x18: "execute_write_request",
    0x19: "execute_write_response", 0x1B: "notification", 0x1D: "indication", 0x1E: "confirmation",
    0x20: "read_multiple_variable_request", 0x21: "read_multiple_variable_response",
    0x23: "multiple_handle_value_notification", 0x52: "write_command", 0xD2: "signed_write_command",
    0x100: "prepared_value", 0x101: "long_read_value",
  ]
}
