/// The address of a device or adapter.
public struct CapturedAddress: Hashable, Sendable, CustomStringConvertible {
  /// The 48 bits.
  public let number: UInt64
  /// Whether it is a random address, not one that a manufacturer was assigned.
  public let isRandom: Bool

  /// An address from its 48 bits.
  public init(_ number: UInt64, isRandom: Bool) {
    self.number = number & 0xFFFF_FFFF_FFFF
    self.isRandom = isRandom
  }

  /// As in `C8:2E:47:0A:11:02`.
  public var description: String {
    (0..<6).reversed().map { byte in
      let digits = String((number >> UInt64(8 &* byte)) & 0xFF, radix: 16, uppercase: true)
      return digits.utf8.count == 1 ? "0" + digits : digits
    }.joined(separator: ":")
  }
}

/// A connection that a capture shows, or a part of it.
public struct CapturedConnection: Equatable, Sendable {
  /// Which one of the capture it is, from 1.
  public let number: Int
  /// The adapter's number.
  public let controller: UInt16
  /// The connection's handle at that adapter.
  public let handle: UInt16
  /// The peer's address; nil where the capture does not show the beginning.
  public var peer: CapturedAddress?
  /// What the recording host is in it; nil where the capture does not show the beginning.
  public var role: CapturedRole?

  /// A connection.
  public init(number: Int, controller: UInt16, handle: UInt16, peer: CapturedAddress?, role: CapturedRole?) {
    self.number = number
    self.controller = controller
    self.handle = handle
    self.peer = peer
    self.role = role
  }
}

/// Who the recording host is on a connection.
public enum CapturedRole: UInt8, Sendable {
  case central = 0
  case peripheral = 1
}

/// What a connection's radio agreed on, in the units of Bluetooth.
public struct CapturedParameters: Equatable, Sendable {
  /// The connection interval in 1.25 ms.
  public var interval: UInt16
  /// Connection events that the peripheral may pass over.
  public var latency: UInt16
  /// The supervision time-out in 10 ms.
  public var timeout: UInt16

  /// Parameters as they stand in HCI events.
  public init(interval: UInt16, latency: UInt16, timeout: UInt16) {
    self.interval = interval
    self.latency = latency
    self.timeout = timeout
  }

  /// The connection interval in microseconds.
  public var intervalMicroseconds: Int { Int(interval) &* 1250 }
}
