internal import CBluetooth
internal import Glibc
public import PercussTime
internal import Synchronization

/// A message of the kernel's monitor channel: a packet between host and controller, or news of an adapter.
public struct MonitoredPacket: Sendable {
  /// What it is (`struct hci_mon_hdr` of Linux); 0 is a new adapter, 2 a command, 3 an event, 4 and 5 are ACL data.
  public let opcode: UInt16
  /// The adapter's number; 0xFFFF for none.
  public let index: UInt16
  /// When the kernel made it.
  public let time: WallClockInstant
  /// The packet from its HCI header on.
  public let bytes: [UInt8]
}

/// The kernel's copy of everything that goes between its Bluetooth hosts and controllers (`HCI_CHANNEL_MONITOR`): what btmon shows.
///
/// It begins with a message for each adapter that is there. It takes CAP_NET_RAW, and a kernel with Bluetooth. It never blocks; what is not
/// read in time, of 8 MiB where CAP_NET_ADMIN permits that much, the kernel drops without a word.
public final class MonitorChannel: Sendable {
  private let descriptor: CInt
  private let watch: DescriptorWatch

  /// Messages in one turn of the timeline.
  private static let messagesPerTurn = 64
  /// The longest message: an HCI packet of 64 KiB and its header.
  private static let longest = 1 << 17

  /// Opens the channel.
  ///
  /// - Parameters:
  ///   - handler: called on the timeline with each message.
  ///   - onEnd: called there once, when nothing more will come.
  /// - Throws: ``MonitorError``.
  public init(
    on timeline: RealTimeline, onEnd: @escaping @Sendable (_ reason: String) -> Void,
    handler: @escaping @Sendable (MonitoredPacket) -> Void
  ) throws(MonitorError) {
    let opened = CBluetoothOpenMonitor()
    guard opened >= 0 else { throw MonitorError(number: -opened) }
    descriptor = opened
    let buffer = Mutex([UInt8](repeating: 0, count: Self.longest))
    do {
      watch = try timeline.watch(opened, for: .readable) { events in
        guard let number = buffer.withLock({ Self.read(opened, &$0, handler) }) else { return }
        onEnd(events.contains(.shutDown) ? "the timeline was shut down" : MonitorError.text(number))
      }
    } catch {
      Glibc.close(opened)
      throw MonitorError(reason: "its socket cannot be watched: \(error)")
    }
  }

  /// Ends it. The handler is not called again.
  public func close() { watch.cancel() }

  deinit {
    watch.cancel()
    Glibc.close(descriptor)
  }

  /// - Returns: the number of the error after which nothing more comes.
  private static func read(
    _ descriptor: CInt, _ buffer: inout [UInt8], _ handler: (MonitoredPacket) -> Void
  ) -> CInt? {
    var message = CBluetoothMonitored()
    for _ in 0..<messagesPerTurn {
      let count = CBluetoothReceiveMonitored(descriptor, &buffer, CInt(buffer.count), &message)
      switch -count {
      case EAGAIN: return nil
      case EINTR, EPROTO: continue
      case 1...: return -count
      default: break
      }
      handler(
        MonitoredPacket(
          opcode: message.opcode, index: message.index,
          time: WallClockInstant(seconds: message.seconds, nanoseconds: message.microseconds * 1000),
          bytes: Array(buffer[..<Int(count)])))
    }
    return nil
  }
}

/// Why the monitor channel cannot be had.
public struct MonitorError: Error, CustomStringConvertible {
  /// What is missing, and what to do.
  public let description: String

  init(reason: String) {
    description = "the monitor channel of the kernel's Bluetooth cannot be opened: \(reason)"
  }

  init(number: CInt) {
    switch number {
    case EPERM, EACCES:
      self.init(
        reason:
          "this process lacks the capability CAP_NET_RAW; run it as root, or grant it: setcap cap_net_raw+ep PROGRAM"
      )
    case EAFNOSUPPORT, EPROTONOSUPPORT:
      self.init(reason: "this kernel has no Bluetooth (\(Self.text(number))); modprobe bluetooth may bring it")
    default: self.init(reason: Self.text(number))
    }
  }

  static func text(_ number: CInt) -> String { String(cString: strerror(number)).lowercased() }
}
