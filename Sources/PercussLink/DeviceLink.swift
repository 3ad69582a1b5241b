public import PercussGATT
public import PercussTime

/// A connection to one device, seen from the central: read, write, subscribe, and a stream of what the device sends.
///
/// ```swift
/// let link = try await scanner.connect(to: device.id, timeout: .seconds(10))
/// try await link.subscribe(to: [.percussControlPoint, .percussTelemetry])
/// try await link.write(request, to: .percussControlPoint, type: .request)
/// for await batch in link.events { ... }
/// ```
///
/// All calls run on ``timeline`` and none waits for ever: requests end with their response, with the link, or after the 30 s of ATT
/// (Core Vol 3 Part F 3.3.3). A link that has ended stays ended; every later call throws ``LinkError/disconnected(_:)``.
public protocol DeviceLink: AnyObject, Sendable {
  /// What the link runs on; its user runs there too.
  nonisolated var timeline: any Timeline { get }

  /// ATT_MTU in bytes, 23 to 517. One written value has at most 3 bytes less.
  var maximumTransmissionUnit: Int { get async }

  /// The services of the device, as far as the link knows them.
  var profile: Profile { get async }

  /// What the device sends, in batches: all that came at once is one batch, in order of arrival. The last event is
  /// ``LinkEvent/disconnected(_:)``, then the stream ends.
  ///
  /// For one consumer. A consumer that is more than 1,024 batches behind loses the oldest.
  nonisolated var events: AsyncStream<[LinkEvent]> { get }

  /// Whether the connection began with this link. Otherwise others on this computer have used it before, or use it still, and to the device they and this
  /// link are one central.
  nonisolated var beganConnection: Bool { get }

  /// Reads a value, in as many ATT requests as its length needs.
  func read(_ characteristic: BluetoothUUID) async throws(LinkError) -> [UInt8]

  /// Writes a value. A ``WriteType/request`` returns when the device has accepted it; a ``WriteType/command`` when the host
  /// has taken it over for sending.
  func write(_ value: [UInt8], to characteristic: BluetoothUUID, type: WriteType) async throws(LinkError)

  /// Has the device send the characteristics' values, as indications where the characteristic has them, else as notifications.
  func subscribe(to characteristics: [BluetoothUUID]) async throws(LinkError)

  /// Has the device send the characteristics' values no longer. What it has sent before may still arrive. Where there is no subscription nothing
  /// changes.
  func unsubscribe(from characteristics: [BluetoothUUID]) async throws(LinkError)

  /// A way to send commands to a characteristic from any thread, without waiting; nil where the link has none just now. Nobody else can write to the characteristic until
  /// ``releasePromptWriter(for:)``, except for the urgent commands of this link.
  func acquirePromptWriter(for characteristic: BluetoothUUID) async -> (any PromptWriter)?

  /// Gives it back. What was sent is not lost.
  func releasePromptWriter(for characteristic: BluetoothUUID) async

  /// Ends the link. Values that are still queued for sending are dropped. Returns when the link has ended, at the latest after the supervision timeout.
  func disconnect() async
}

extension DeviceLink {
  /// True: nobody was there before.
  public nonisolated var beganConnection: Bool { true }

  /// None.
  public func acquirePromptWriter(for characteristic: BluetoothUUID) async -> (any PromptWriter)? { nil }

  /// Nothing to do.
  public func releasePromptWriter(for characteristic: BluetoothUUID) async {}
}

/// Sends commands (writes without response) to one characteristic from any thread: one system call, which neither waits nor allocates.
public protocol PromptWriter: Sendable {
  /// False when nothing was sent: there is no room just now, or the link has ended.
  func sendPromptly(_ value: [UInt8]) -> Bool
}

/// How a value is written.
public enum WriteType: Hashable, Sendable {
  /// With a response: delivered, and refused with a reason, or the link is lost. One at a time (ATT_WRITE_REQ).
  case request
  /// Without response: fast, but the peripheral's host may drop it, and no refusal is seen (ATT_WRITE_CMD).
  case command
}

/// What a central learns from its link.
public enum LinkEvent: Equatable, Sendable {
  /// The device notified or indicated a value; with the instant at which it arrived here.
  case value(BluetoothUUID, [UInt8], at: MonotonicInstant)
  /// The link has ended.
  case disconnected(DisconnectReason)
}
