/// Why the rest of a capture file cannot be read, and where it went wrong. The records before that place are good.
public struct CaptureFileError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public var reason: Reason
  /// The record that is wrong, from 1; 0 for the file's own header.
  public var record: Int
  /// The byte in the file at which the record, block or header begins.
  public var offset: UInt64

  /// Creates an error.
  public init(_ reason: Reason, record: Int, offset: UInt64) {
    self.reason = reason
    self.record = record
    self.offset = offset
  }

  /// What is wrong with a file.
  public enum Reason: Equatable, Sendable {
    /// The file holds nothing.
    case empty
    /// The file begins like no format that is known.
    case unknownFormat
    /// A version of the format that is not known.
    case unknownVersion(major: UInt32, minor: UInt32)
    /// A link type of btsnoop, pcap or pcapng that holds no HCI packets that can be read.
    case unknownLinkType(UInt32)
    /// The file ends inside of a record or header.
    case truncated(needed: Int, available: Int)
    /// A length that cannot be.
    case badLength(UInt32, limit: Int)
    /// A packet of a pcapng interface that the file has not described.
    case unknownInterface(UInt32)
    /// The second length of a pcapng block is not the first one.
    case lengthsDiffer(UInt32, UInt32)
    /// A pcapng section whose byte order is neither of the two.
    case unknownByteOrder
    /// More pcapng interfaces than are kept.
    case tooManyInterfaces(limit: Int)
  }

  /// A sentence with the record and the byte.
  public var description: String {
    let place = record == 0 ? "" : "record \(record), "
    return "\(place)byte \(offset): \(text)"
  }

  private var text: String {
    switch reason {
    case .empty: "the file is empty"
    case .unknownFormat: "this is no capture that can be read; btsnoop, pcap and pcapng can"
    case .unknownVersion(let major, let minor): "version \(major).\(minor) of the format is not known"
    case .unknownLinkType(let type):
      "link type \(type) cannot be read; HCI captures have 1001, 1002 or 2001 in btsnoop, 187, 201 or 254 in pcap and pcapng"
    case .truncated(let needed, let available): "the file ends here: \(available) of \(needed) bytes are left"
    case .badLength(let length, let limit): "a length of \(length) bytes cannot be; at most \(limit) can"
    case .unknownInterface(let number): "interface \(number) has not been described before this packet"
    case .lengthsDiffer(let first, let second):
      "the block's length is \(first) at its beginning and \(second) at its end"
    case .unknownByteOrder: "the section's byte-order mark is none"
    case .tooManyInterfaces(let limit): "the section describes more than \(limit) interfaces"
    }
  }
}
