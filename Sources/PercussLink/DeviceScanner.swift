public import PercussGATT
public import PercussTime

/// Finds devices and connects to them.
///
/// ```swift
/// for await device in try await scanner.scan(for: [.percussService], duration: .seconds(5)) { print(device) }
/// ```
public protocol DeviceScanner: AnyObject, Sendable {
  /// Devices that advertise one of the services, or all that advertise when there is none given. Each comes when it is first seen, and
  /// again when what it advertises has changed. The stream ends after the duration.
  func scan(for services: [BluetoothUUID], duration: Duration) async throws(LinkError) -> AsyncStream<DiscoveredDevice>

  /// Connects to a device, waiting for it to advertise when it does not yet.
  ///
  /// - Throws: ``LinkError/timedOut(_:after:)`` when it could not be connected in time.
  func connect(to device: DiscoveredDevice.ID, timeout: Duration) async throws(LinkError) -> any DeviceLink
}

/// A device that a scanner has seen.
public struct DiscoveredDevice: Identifiable, Hashable, Sendable {
  /// What a scanner knows a device by; a Bluetooth address where there is one, as in `C8:2E:47:0A:11:02`.
  public struct ID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The text of it.
    public let description: String

    /// An identifier from its text.
    public init(_ text: String) {
      description = text
    }

    /// The order of the texts.
    public static func < (left: ID, right: ID) -> Bool { left.description < right.description }
  }

  /// What to connect to.
  public let id: ID
  /// The advertised name, if there is one.
  public let name: String?
  /// The advertised services.
  public let services: [BluetoothUUID]
  /// Received signal strength in dBm, -127 to 20; nil when not known.
  public let signalStrength: Int?
  /// When it was seen.
  public let seenAt: MonotonicInstant

  /// A device as it was seen.
  public init(
    id: ID, name: String?, services: [BluetoothUUID], signalStrength: Int?, seenAt: MonotonicInstant
  ) {
    self.id = id
    self.name = name
    self.services = services
    self.signalStrength = signalStrength
    self.seenAt = seenAt
  }
}
