public import PercussGATT
public import PercussWire

/// What a central and one device said to each other, in order: the part of a capture that can be played again and compared.
///
/// ```swift
/// var reader = ConversationReader()
/// try CaptureFile("run.btsnoop").read { record, packet in
///   decoder.decode(record, packet, into: &reader)
///   return true
/// }
/// let conversation = try reader.choose()
/// ```
public struct Conversation: Equatable, Sendable {
  /// The connection; nil for one that was not captured.
  public var connection: CapturedConnection?
  /// What was said. Answers of ATT stand with what they answer.
  public var items: [ConversationItem]
  /// When the connection ended, or the last record of the capture; nanoseconds since the connection's beginning.
  public var end: Int64
  /// What is no part of it.
  public var leftOut = LeftOut()
  /// What was wrong or missing in the capture on this connection.
  public var problemCount = 0

  /// A conversation.
  public init(connection: CapturedConnection? = nil, items: [ConversationItem], end: Int64) {
    self.connection = connection
    self.items = items
    self.end = end
  }

  /// The protocol of the characteristics that were used; nil where they are of none. One that is spoken on characteristics of its own comes before one on short
  /// UUIDs, which other products may use too.
  public var specification: WireSchema.Specification? {
    var shared: WireSchema.Specification?
    for item in items {
      guard let format = FrameFormat(item.characteristic),
        let message = format.message(isFromClient: true) ?? format.message(isFromClient: false)
      else { continue }
      if message.specification.uuidBase != nil { return message.specification }
      shared = shared ?? message.specification
    }
    return shared
  }

  /// What the central has agreed on for the case that it is lost, by the last it said of it; nil where it holds no control.
  public var lossPolicy: LossPolicy? {
    var policy: LossPolicy?
    for item in items where item.action == .write || item.action == .command {
      guard item.characteristic == .percussControlPoint, item.answer?.refusal == nil,
        let request = try? ControlRequest(item.bytes)
      else { continue }
      switch request.body {
      case .requestControl(_, let agreed): policy = agreed
      case .releaseControl: policy = nil
      default: break
      }
    }
    return policy
  }

  /// Values that a capture shows beside the conversation.
  public struct LeftOut: Equatable, Sendable {
    /// What hosts ask of each other by themselves: GAP, GATT, PnP ID and the Battery Service, which bluetoothd keeps for itself.
    public var ofHosts = 0
    /// Values at handles that the capture does not explain.
    public var ofUnknownHandles = 0
    /// Parts of values, and descriptors other than the client configuration.
    public var others = 0

    /// Nothing.
    public init() {}
  }
}

/// A request of the central with its answer, or a value of the device.
public struct ConversationItem: Equatable, Sendable {
  /// Its place in the conversation, from 1.
  public var number: Int
  /// The record of the capture; nil where there is none.
  public var record: Int?
  /// Nanoseconds since the connection's beginning.
  public var time: Int64
  /// What was done.
  public var action: Action
  /// To which characteristic.
  public var characteristic: BluetoothUUID
  /// What was written or sent; of a read what came back.
  public var bytes: [UInt8]
  /// What came back of a read, a write with response, or a subscription; nil for nothing.
  public var answer: Answer?

  /// What was done.
  public enum Action: UInt8, Sendable {
    /// The central reads.
    case read
    /// The central writes, with response.
    case write
    /// The central writes, without response.
    case command
    /// The central has values sent.
    case subscribe
    /// The central has values sent no longer.
    case unsubscribe
    /// The device sends a value: it notifies or indicates.
    case value
  }

  /// How a request of ATT ended.
  public struct Answer: Equatable, Sendable {
    /// The record of the capture; nil where there is none.
    public var record: Int?
    /// Nanoseconds since the connection's beginning.
    public var time: Int64
    /// Why it was refused; nil when it was not.
    public var refusal: Refusal?

    /// How a request ended.
    public init(record: Int? = nil, time: Int64, refusal: Refusal? = nil) {
      self.record = record
      self.time = time
      self.refusal = refusal
    }
  }

  /// Why a request was refused.
  public enum Refusal: Equatable, Sendable, CustomStringConvertible {
    /// By the device.
    case error(ATTError)
    /// Before it came to the device; in words.
    case unsent(String)

    /// In words.
    public var description: String {
      switch self {
      case .error(let error): "\(error)"
      case .unsent(let reason): reason
      }
    }
  }

  /// An item.
  public init(
    number: Int, record: Int? = nil, time: Int64, action: Action, characteristic: BluetoothUUID, bytes: [UInt8] = [],
    answer: Answer? = nil
  ) {
    self.number = number
    self.record = record
    self.time = time
    self.action = action
    self.characteristic = characteristic
    self.bytes = bytes
    self.answer = answer
  }

  /// Whether the central has begun it.
  public var isFromCentral: Bool { action != .value }

  /// What the bytes say.
  public enum Content: Sendable {
    /// The frame that the characteristic carries.
    case frame(FrameDescription)
    /// No such frame, and why.
    case malformed(WireError)
    /// The characteristic carries no frames, or there are no bytes.
    case bytes
  }

  /// What the bytes say.
  public var content: Content {
    let isWritten = action == .write || action == .command
    guard isWritten || action == .value || action == .read && !bytes.isEmpty,
      let message = FrameFormat(characteristic)?.message(isFromClient: isWritten)
    else { return .bytes }
    do throws(WireError) {
      return .frame(try FrameDescription(decoding: bytes, as: message))
    } catch {
      return .malformed(error)
    }
  }
}

extension WireSchema.Specification {
  /// What dialects, commands and documents call it, such as `theragun-gen4`.
  public var dialectName: String { String(name.map { $0 == "_" ? "-" : $0 }) }
}
