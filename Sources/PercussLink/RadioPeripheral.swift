public import PercussGATT

/// The GATT server of a hosted device: what a radio asks of it.
///
/// All of it is called on the timeline of the link, one call at a time. Calls to the ``PeripheralPort`` may be made from within.
///
/// Reads and writes are answered through a closure: on the timeline, at once or later, once. While a request waits for its answer the central
/// can send no other one, and after 30 s it gives up and ends the link (Core Vol 3 Part F 3.3.3). A second answer, and one that comes after the
/// end of the link, goes nowhere.
public protocol RadioPeripheral: AnyObject, Sendable {
  /// The services it offers. The host refuses what the properties forbid, before the peripheral is asked.
  var profile: Profile { get }

  /// What its host does otherwise than most; nothing unless told otherwise.
  var hostTraits: HostTraits { get }

  /// A central has connected. The port is how to send to it, until it has disconnected.
  func centralConnected(_ central: CentralID, port: any PeripheralPort)

  /// The link to the central has ended; the port is dead.
  func centralDisconnected(_ central: CentralID, reason: DisconnectReason)

  /// A central reads. The answer is the value, whole: at most 512 bytes, the host sends it in parts if need be.
  func read(
    _ characteristic: BluetoothUUID, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void)

  /// A central reads from an offset on. The answer is what follows there; without an implementation of its own ``read(_:from:answer:)`` has it.
  func read(
    _ characteristic: BluetoothUUID, offset: Int, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void)

  /// A central writes. Nil accepts; an error goes back for a request, and nowhere for a command.
  func write(
    _ value: [UInt8], to characteristic: BluetoothUUID, type: WriteType, from central: CentralID,
    answer: @escaping @Sendable (ATTError?) -> Void)

  /// A central has switched notifications or indications of the characteristic on or off.
  func subscriptionChanged(_ characteristic: BluetoothUUID, isSubscribed: Bool, by central: CentralID)

  /// The central has confirmed the indication sent last.
  func indicationConfirmed(_ characteristic: BluetoothUUID, by central: CentralID)
}

extension RadioPeripheral {
  /// Nothing out of the ordinary.
  public var hostTraits: HostTraits { [] }

  /// From the whole value.
  public func read(
    _ characteristic: BluetoothUUID, offset: Int, from central: CentralID,
    answer: @escaping @Sendable (Result<[UInt8], ATTError>) -> Void
  ) {
    read(characteristic, from: central) { result in
      guard offset > 0, case .success(let value) = result else { return answer(result) }
      answer(offset <= value.count ? .success(Array(value.dropFirst(offset))) : .failure(.invalidOffset))
    }
  }
}

/// What the host in front of a peripheral does otherwise than most. bluetoothd does all of it.
public struct HostTraits: OptionSet, Hashable, Sendable {
  /// A bit for each.
  public let rawValue: UInt8

  /// Traits from their bits.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// It asks the peripheral for each part of a long value, with its offset. Otherwise it asks once, and sends the parts of what it got.
  public static let asksForEachPart = HostTraits(rawValue: 1)
  /// It goes by permissions instead of properties: who may write may do so with and without response, and where nothing can be read or written nothing
  /// is refused.
  public static let permitsByAttribute = HostTraits(rawValue: 2)
}

/// A connection to a central, seen from the peripheral. Used on the timeline only; elsewhere it traps.
public protocol PeripheralPort: AnyObject, Sendable {
  /// ATT_MTU in bytes. Longer values than it less 3 are cut, as ATT has it (Core Vol 3 Part F 3.4.7.1).
  var maximumTransmissionUnit: Int { get }

  /// Queues a notification. False, and nothing sent, when the central has not subscribed, the queue is full or the link has ended.
  func notify(_ value: [UInt8], of characteristic: BluetoothUUID) -> Bool

  /// Queues an indication; one at a time is on its way, the others wait for its confirmation. False as with ``notify(_:of:)``.
  func indicate(_ value: [UInt8], of characteristic: BluetoothUUID) -> Bool

  /// Ends the link. ``RadioPeripheral/centralDisconnected(_:reason:)`` follows.
  func disconnect()
}

/// What a peripheral knows a central by, for as long as it is connected; never used twice.
public struct CentralID: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// A number, counted by the host.
  public let rawValue: Int

  /// A central by its number.
  public init(rawValue: Int) {
    self.rawValue = rawValue
  }

  /// As in `central 1`.
  public var description: String { "central \(rawValue)" }

  /// The order of connecting.
  public static func < (left: CentralID, right: CentralID) -> Bool { left.rawValue < right.rawValue }
}
