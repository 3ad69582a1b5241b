public import PercussGATT

/// Takes what a ``CaptureDecoder`` finds, in the order of the capture.
public protocol CaptureObserver {
  /// An ATT PDU, or one of the values in it.
  ///
  /// - Parameter value: the attribute's value, or the part of it that travelled; empty where the PDU carries none.
  mutating func attribute(_ event: AttributeEvent, value: RawSpan)

  /// Something happened to a connection.
  mutating func connection(_ event: ConnectionEvent)

  /// An adapter came, went, or told its address.
  mutating func controller(_ event: ControllerEvent)

  /// Something in the capture is wrong or missing; decoding goes on behind it.
  mutating func problem(_ problem: CaptureProblem)
}

/// An ATT PDU, or one of the values in it (Core Vol 3 Part F 3.4).
public struct AttributeEvent: Sendable {
  /// The number of the record; of fragments the last one.
  public var record: Int
  /// When that was recorded.
  public var time: CaptureInstant
  /// The place of the PDU in the file; of fragments that of the last one.
  public var fileOffset: UInt64
  /// The number of the connection.
  public var connection: Int
  /// Which way it went.
  public var direction: CaptureDirection
  /// The L2CAP channel of the receiver: 4, or an Enhanced ATT channel.
  public var channel: UInt16
  /// What it does.
  public var operation: ATTOperation
  /// The attribute's handle; 0 where there is none.
  public var handle: UInt16
  /// What is at that handle; nil where the capture has not told, nor anybody else.
  public var attribute: CapturedAttribute?
  /// The place of the value's first byte in the attribute.
  public var offset: Int
  /// Whether the value is all of the attribute's, as far as can be told.
  public var isWhole: Bool
  /// Of an error response, what went wrong.
  public var error: ATTError?
  /// Of an answer, what it answers; nil where the capture does not show that.
  public var request: AnsweredRequest?
  /// Whether it answers a discovery: it tells of attributes, and gives the value of none.
  public var isDiscovery: Bool

  @inlinable @inline(__always)
  init(
    record: Int, time: CaptureInstant, fileOffset: UInt64, connection: Int, direction: CaptureDirection,
    channel: UInt16, operation: ATTOperation, handle: UInt16 = 0, attribute: CapturedAttribute? = nil
  ) {
    self.record = record
    self.time = time
    self.fileOffset = fileOffset
    self.connection = connection
    self.direction = direction
    self.channel = channel
    self.operation = operation
    self.handle = handle
    self.attribute = attribute
    offset = 0
    isWhole = true
    error = nil
    request = nil
    isDiscovery = false
  }

  /// What an answer belongs to.
  public struct AnsweredRequest: Equatable, Sendable {
    /// The number of the request's record.
    public var record: Int
    /// What was asked.
    public var operation: ATTOperation
    /// Nanoseconds from the request to the answer.
    public var latency: Int64

    /// What an answer belongs to.
    public init(record: Int, operation: ATTOperation, latency: Int64) {
      self.record = record
      self.operation = operation
      self.latency = latency
    }
  }

  /// Whether a client has sent it.
  @inlinable public var isFromClient: Bool { operation.isFromClient }

  /// Whether it gives or takes an attribute's value, or a part of it.
  @inlinable @inline(__always)
  public var carriesValue: Bool { operation.carriesValue && !isDiscovery }
}

/// What happened to a connection.
public struct ConnectionEvent: Equatable, Sendable {
  /// The number of the record.
  public var record: Int
  /// When it was recorded.
  public var time: CaptureInstant
  /// The connection.
  public var connection: CapturedConnection
  /// What happened.
  public var kind: Kind

  /// What happened to a connection.
  public enum Kind: Equatable, Sendable {
    /// It came about.
    case connected(CapturedParameters)
    /// It was there already: the capture does not show its beginning.
    case found
    /// It ended, with the reason of HCI; nil where its adapter was reset or went away.
    case disconnected(reason: UInt8?)
    /// Its handle belongs to a new connection: how it ended the capture does not show.
    case replaced
    /// The radio goes on with other parameters.
    case parameters(CapturedParameters)
    /// The radio does not take other parameters, with the status of HCI.
    case parametersRefused(status: UInt8)
    /// Encryption was turned on or off.
    case encryption(isOn: Bool)
    /// ATT_MTU was agreed: what each side offered, and the smaller one.
    case mtu(client: UInt16, server: UInt16, agreed: UInt16)
    /// An Enhanced ATT channel was opened, with its ATT_MTU.
    case channelOpened(sent: UInt16, received: UInt16, mtu: UInt16)
    /// An Enhanced ATT channel was refused, with the result of L2CAP.
    case channelRefused(result: UInt16)
    /// An Enhanced ATT channel was closed.
    case channelClosed(sent: UInt16, received: UInt16)
  }
}

/// What happened to an adapter.
public struct ControllerEvent: Equatable, Sendable {
  /// The number of the record.
  public var record: Int
  /// When it was recorded.
  public var time: CaptureInstant
  /// The adapter's number.
  public var controller: UInt16
  /// What happened.
  public var kind: Kind

  /// What happened to an adapter.
  public enum Kind: Equatable, Sendable {
    /// It appeared, or was there when the recording began.
    case added
    /// It went away.
    case removed
    /// Its address became known.
    case address(CapturedAddress)
    /// It was reset, and with it all of its connections.
    case reset
    /// A connection did not come about, with the status of HCI (Core Vol 1 Part F).
    case connectionFailed(peer: CapturedAddress?, status: UInt8)
  }
}

/// Something in a capture that is wrong or missing.
public struct CaptureProblem: Equatable, Sendable {
  /// The number of the record.
  public var record: Int
  /// When it was recorded.
  public var time: CaptureInstant
  /// The place in the file: of the byte that is wrong, or of its packet where that is not known.
  public var fileOffset: UInt64
  /// The number of the connection, where there is one.
  public var connection: Int?
  /// What is wrong.
  public var reason: Reason

  /// The layer of a packet that ends too early or is too long.
  public enum Layer: String, Sendable {
    case event = "HCI event"
    case acl = "HCI ACL packet"
    case l2cap = "L2CAP PDU"
    case signalling = "L2CAP signalling packet"
    case segment = "L2CAP segment"
    case sdu = "L2CAP SDU"
    case att = "ATT PDU"
  }

  /// What is wrong.
  public enum Reason: Equatable, Sendable {
    /// The recorder has lost packets before this one.
    case packetsLost(UInt32)
    /// The recorder has left out bytes at the packet's end.
    case packetCut(missing: Int)
    /// A packet ends before its fields do.
    case truncated(Layer, needed: Int, available: Int)
    /// A packet is not as long as it says.
    case lengthDiffers(Layer, stated: Int, actual: Int)
    /// A new PDU began before the last one was whole.
    case incomplete(Layer, received: Int, expected: Int)
    /// A continuation without a beginning.
    case unexpectedContinuation
    /// A value of a PDU that cannot be.
    case invalid(Layer, field: String, value: Int)
    /// An answer to nothing that was asked.
    case unexpectedResponse(ATTOperation)
    /// A request that got no answer.
    case unanswered(ATTOperation, record: Int)
    /// Data on an L2CAP channel whose opening the capture does not show, for the first time: what it carries is not decoded.
    case unknownChannel(UInt16)
    /// The values at a handle that was taken to be a Percuss device's are not: what was assumed of the server is forgotten.
    case assumptionWithdrawn(handle: UInt16)
    /// A limit of the decoder, which this and what belongs to it exceeds.
    case limit(String)
  }
}

extension CaptureProblem.Reason: CustomStringConvertible {
  /// What is wrong, as the end of a sentence.
  public var description: String {
    switch self {
    case .packetsLost(let count): "the recorder has lost \(count) packets before this one"
    case .packetCut(let missing): "the recorder has left out the last \(missing) bytes of the packet"
    case .truncated(let layer, let needed, let available):
      "the \(layer.rawValue) ends after \(available) of at least \(needed) bytes"
    case .lengthDiffers(let layer, let stated, let actual):
      "the \(layer.rawValue) says that it has \(stated) bytes, and has \(actual)"
    case .incomplete(let layer, let received, let expected):
      "only \(received) of \(expected) bytes of the \(layer.rawValue) came"
    case .unexpectedContinuation: "a fragment continues an L2CAP PDU whose beginning is not there"
    case .invalid(let layer, let field, let value):
      "the \(field) 0x\(String(value, radix: 16)) of the \(layer.rawValue) cannot be"
    case .unexpectedResponse(let operation): "nothing was asked that this \(operation) answers"
    case .unanswered(let operation, let record): "the \(operation) of record \(record) got no answer"
    case .unknownChannel(let channel):
      "the capture does not show what the L2CAP channel 0x\(String(channel, radix: 16)) was opened for: what it carries is left out, Enhanced ATT too"
    case .assumptionWithdrawn(let handle):
      "the value at handle 0x\(String(handle, radix: 16)) is not what a Percuss device has there: this is none, and the names with a ~ were wrong"
    case .limit(let text): "\(text): what belongs to it is left out"
    }
  }
}
