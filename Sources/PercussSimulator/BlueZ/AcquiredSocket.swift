import Glibc
internal import PercussDBus
internal import PercussTime

/// The daemon's end of a socket that `AcquireNotify` or `AcquireWrite` gave away: packets, each a value, without waiting.
final class AcquiredSocket: Sendable {
  private let descriptor: CInt
  private let watch: DescriptorWatch

  /// bluetoothd reads so much of a packet, and no more (bluez#1466).
  static let packetLimit = 512
  /// Packets to take at once, so that a busy client does not hold up everything else.
  static let turnLimit = 64

  /// A pair of sockets: this end watched on the timeline, the other for the client. Nil when the system gives none.
  static func pair(
    on timeline: RealTimeline, handler: @escaping @Sendable (DescriptorEvents) -> Void
  ) -> (own: AcquiredSocket, clients: PassedDescriptor)? {
    var ends: [CInt] = [-1, -1]
    let type = CInt(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
    let clients = PassedDescriptor(owning: ends[1])
    guard let own = AcquiredSocket(ends[0], on: timeline, handler: handler) else { return nil }
    return (own, clients)
  }

  /// This end of a pair that an application has given: watched on the timeline. Nil when it cannot be.
  static func adopt(
    _ descriptor: PassedDescriptor, on timeline: RealTimeline, handler: @escaping @Sendable (DescriptorEvents) -> Void
  ) -> AcquiredSocket? {
    descriptor.take().flatMap { AcquiredSocket($0, on: timeline, handler: handler) }
  }

  private init?(_ descriptor: CInt, on timeline: RealTimeline, handler: @escaping @Sendable (DescriptorEvents) -> Void)
  {
    let watch = try? timeline.watch(descriptor, for: .readable, handler)
    guard let watch else {
      Glibc.close(descriptor)
      return nil
    }
    self.descriptor = descriptor
    self.watch = watch
  }

  deinit {
    watch.cancel()
    Glibc.close(descriptor)
  }

  /// Sends a packet. A full socket loses it, as bluetoothd's does.
  func send(_ packet: [UInt8]) {
    let flags = CInt(MSG_NOSIGNAL | MSG_DONTWAIT)
    _ = packet.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
  }

  /// What a read gives.
  enum Reading {
    case packet([UInt8])
    case nothing
    /// An empty packet, or the end, which look the same here; or something that is no socket at all.
    case empty
  }

  func receive() -> Reading {
    var buffer = [UInt8](repeating: 0, count: Self.packetLimit)
    let flags = CInt(MSG_DONTWAIT)
    let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, flags) }
    if count > 0 { return .packet(Array(buffer.prefix(count))) }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .empty
  }

  /// Whether to be told of what arrives.
  func setReading(_ isOn: Bool) { watch.setInterest(isOn ? .readable : []) }
}
