internal import CBluetooth
internal import CLinux
internal import Glibc
internal import PercussDBus
internal import PercussTime

/// This end of a pair of sockets that carries values, a packet each, as `AcquireNotify` and `AcquireWrite` have it (`SOCK_SEQPACKET`).
///
/// For one actor. The other end is handed over, and no copy of it is kept here: only so this end learns that the peer has closed its own.
final class PacketSocket {
  private let descriptor: CInt
  private var watch: DescriptorWatch?
  private var isOpen = true

  private init(_ descriptor: CInt) {
    self.descriptor = descriptor
  }

  deinit { close() }

  /// A pair; nil when the process has no descriptors left.
  static func pair() -> (near: PacketSocket, far: PassedDescriptor)? {
    var ends: [CInt] = [-1, -1]
    let kind = CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_NONBLOCK.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return nil }
    return (PacketSocket(ends[0]), PassedDescriptor(owning: ends[1]))
  }

  /// Calls the closure on the timeline when there is something to read, if that is asked for, and when the peer has closed its end.
  func observe(
    reading: Bool, on timeline: RealTimeline, _ handler: @escaping @Sendable (DescriptorEvents) -> Void
  ) throws(DescriptorWatchError) {
    watch = try timeline.watch(descriptor, for: reading ? .readable : [], handler)
  }

  enum Sent { case taken, full, closed }

  /// Never waits: where the peer does not keep up, nothing is sent.
  func send(_ value: [UInt8]) -> Sent {
    // An empty packet reads like the end.
    guard isOpen, !value.isEmpty else { return isOpen ? .taken : .closed }
    while true {
      let count = Glibc.send(descriptor, value, value.count, CInt(MSG_DONTWAIT | MSG_NOSIGNAL))
      if count >= 0 { return .taken }
      switch errno {
      case EINTR: continue
      case EAGAIN, EWOULDBLOCK, ENOBUFS: return .full
      default: return .closed
      }
    }
  }

  enum Received: Equatable {
    case packet([UInt8])
    case nothing
    case closed
  }

  /// The next packet, of which no more than a value of an attribute is kept.
  func receive(isHungUp: Bool) -> Received {
    guard isOpen else { return .closed }
    var buffer = [UInt8](repeating: 0, count: PeripheralSession.valueLimit)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, CInt(MSG_DONTWAIT))
      if count > 0 { return .packet(Array(buffer.prefix(count))) }
      if count == 0 { return isHungUp || CLinuxIsEnded(descriptor) != 0 ? .closed : .packet([]) }
      switch errno {
      case EINTR: continue
      case EAGAIN, EWOULDBLOCK: return .nothing
      default: return .closed
      }
    }
  }

  func close() {
    guard isOpen else { return }
    isOpen = false
    watch?.cancel()
    Glibc.close(descriptor)
  }
}
