/// How the emulated bluetoothd behaves where versions and circumstances make the real one behave differently.
///
/// ```swift
/// var quirks = EmulationQuirks()
/// quirks.connectedSignal = .missing         // the race of a very fast controller: `Get` says connected, no signal ever does
/// quirks.abortedConnects = 2                // the first two fail with le-connection-abort-by-local
/// try await emulation.setQuirks(quirks)
/// ```
///
/// The defaults are what bluetoothd 5.66 (Debian 12) normally does, in its order; only waits that serve nobody are shorter, see
/// ``withRealDelays``. Counters count down as they are used: a fault of the first two connects is over after two.
public struct EmulationQuirks: Sendable, Equatable {
  // MARK: Order of signals

  /// When `Connected=true` is signalled, measured by the reply to `Connect`.
  public var connectedSignal = ConnectedSignal.beforeReply
  /// When `ServicesResolved=true` and the GATT objects come, measured by the reply to `Connect`, and by each other.
  public var servicesResolved = ServicesResolved.afterObjects
  /// How long after a link is up its services are resolved, where the device was connected before and they need no discovery too.
  public var resolutionDelay: Duration = .zero

  // MARK: Adapter and discovery

  /// An adapter that goes is not followed by the removal of its devices (bluez-dbus#74).
  public var adapterVanishesSilently = false
  /// An adapter that comes back has the next number: hci1 after hci0.
  public var adaptersAreRenumbered = false
  /// How many calls of `StopDiscovery` answer `InProgress`: the session is gone, but `Discovering` stays, and the next session reports nothing.
  public var stuckStopDiscoveries = 0
  /// A sender that vanishes while it discovers leaves discovery locked: `StartDiscovery` answers `InProgress` until the adapter
  /// is switched off (bluez#2547).
  public var killedScannerLocksDiscovery = false
  /// Discovery without the filter `Transport: le` reports no LE device (bluez#2309).
  public var discoveryNeedsTransportFilter = false
  /// `RSSI` is signalled only when it has changed by 8 dB, unless a filter of RSSI or path loss is set, as bluetoothd after 5.66 does; 5.66 signals
  /// every report as soon as any filter is set.
  public var signalsLargeRSSIChangesOnly = false
  /// How long a device that nobody connected or paired stays after it was last seen; then calls to it give `UnknownObject`.
  public var temporaryTimeout: Duration = .seconds(30)
  /// The end of discovery removes temporary devices at once, whether they can be connected or not.
  public var discoveryEndEvicts = false

  // MARK: Connections

  /// How many connects fail with `le-connection-abort-by-local`. Each time `Connected` is true for a moment.
  public var abortedConnects = 0
  /// A device is removed after an aborted connect, as when it was temporary.
  public var abortEvicts = false
  /// How long `Connect` waits for a device that does not advertise, until it fails with `le-connection-abort-by-local`.
  public var connectTimeout: Duration = .seconds(40)
  /// A second `Connect` while one is pending answers `InProgress`, as bluetoothd after 5.66 does; else `Failed`, "Operation already in progress".
  public var concurrentConnectIsInProgress = false
  /// How long `Disconnect` waits for profiles before it ends the link; 2 s in bluetoothd.
  public var disconnectDelay: Duration = .zero
  /// `Disconnect` is answered before `Connected=false` is signalled, as in 5.66; later versions answer after it.
  public var disconnectReplyComesFirst = true
  /// The end of a connection is told by the signal `Disconnected(reason, message)` too, as from 5.83 on.
  public var sendsDisconnectedSignal = false
  /// Reads that a rejected pairing has interrupted are never answered (bluez#21).
  public var rejectedPairingLeavesReadsPending = false

  // MARK: GATT

  /// `AcquireNotify` and `NotifyAcquired` exist; without them clients have signals only.
  public var offersAcquireNotify = true
  /// `AcquireWrite` and `WriteAcquired` exist.
  public var offersAcquireWrite = true
  /// `AcquireNotify` works on characteristics that only indicate, as from 5.80 on; they have no `NotifyAcquired` all the same.
  public var acquiresIndications = false
  /// A link that ends while `AcquireNotify` is pending leaves it locked, as before 5.84: it answers `NotPermitted` until somebody calls `StopNotify` or the device
  /// is removed.
  public var lostAcquireNotifyStaysLocked = true
  /// GATT objects that survived a link are compared with what the device has at the next one, and replaced when they differ; else they go stale.
  public var noticesChangedServices = true
  /// GATT objects are removed when the link ends (`Cache=no`); else they survive it.
  public var forgetsServices = false
  /// Services that bluetoothd uses itself (Battery, Device Information) refuse writes and `AcquireWrite` with `NotAuthorized`
  /// (`ExportClaimedServices=read-only`, the default from 5.80 on).
  public var claimedServicesAreReadOnly = false
  /// Bursts of write commands and notifications between two BlueZ hosts arrive reordered (EATT, `[GATT] Channels=3`, the default up to 5.66).
  /// For links made from then on.
  public var reordersBursts = false

  /// What bluetoothd 5.66 normally does, with short waits.
  public init() {}

  /// The defaults with the waits of the real bluetoothd: 2 s for a disconnect, 300 ms to discover services.
  public static var withRealDelays: EmulationQuirks {
    var quirks = EmulationQuirks()
    quirks.disconnectDelay = .seconds(2)
    quirks.resolutionDelay = .milliseconds(300)
    return quirks
  }

  /// See ``connectedSignal``.
  public enum ConnectedSignal: String, Sendable, CaseIterable {
    /// As usual.
    case beforeReply
    /// A moment later.
    case afterReply
    /// Never, though `Get` says true: the ATT socket was ready before the kernel told of the connection.
    case missing
  }

  /// See ``servicesResolved``.
  public enum ServicesResolved: String, Sendable, CaseIterable {
    /// After the reply: objects, then the flag.
    case afterObjects
    /// After the reply: the flag, then the objects (bluez#1489).
    case beforeObjects
    /// Before the reply: objects, then the flag.
    case beforeReply
    /// Never: the remote does not answer the discovery.
    case never
  }
}
