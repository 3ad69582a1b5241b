internal import CBluetooth
internal import Glibc
internal import PercussTime

/// Asks the controller of a link for other connection parameters, past bluetoothd, which has no call for it (bleak#149, bluer#112).
///
/// That takes a Bluetooth adapter of this computer's kernel and the capability CAP_NET_RAW; where one is missing the outcome says so. It never blocks: the socket
/// is watched by the timeline.
actor HostController {
  private let timeline: RealTimeline
  private let adapter: BlueZAdapter
  private let device: BluetoothAddress
  private var waiting: CheckedContinuation<ConnectionUpdateOutcome, Never>?
  private var watch: DescriptorWatch?
  private var timer: ScheduledAction?

  nonisolated var unownedExecutor: UnownedSerialExecutor { timeline.asUnownedSerialExecutor() }

  init(of adapter: BlueZAdapter, device: BluetoothAddress, on timeline: RealTimeline) {
    self.adapter = adapter
    self.device = device
    self.timeline = timeline
  }

  /// For one call.
  func update(
    interval: ClosedRange<Duration>, latency: Int, supervisionTimeout: Duration, timeout: Duration
  ) async -> ConnectionUpdateOutcome {
    let socket: Opened
    do throws(Obstacle) { socket = try open() } catch { return .notAsked(error.reason) }
    defer { socket.close() }
    var parameters = ConnectionUpdate.parameters(
      handle: socket.handle, interval: interval, latency: latency, supervisionTimeout: supervisionTimeout)
    let status = hci_send_cmd(
      socket.descriptor, ConnectionUpdate.commandGroup, ConnectionUpdate.command, UInt8(parameters.count), &parameters)
    guard status >= 0 else { return .notAsked(Obstacle(sending: errno).reason) }
    let update = ConnectionUpdate(handle: socket.handle)
    defer {
      watch?.cancel()
      timer?.cancel()
    }
    return await withCheckedContinuation { continuation in
      waiting = continuation
      timer = timeline.schedule(after: timeout) { [weak self] in
        self?.assumeIsolated { $0.finish(.unanswered(after: timeout)) }
      }
      do {
        watch = try timeline.watch(socket.descriptor, for: .readable) { [weak self] _ in
          self?.assumeIsolated { $0.read(socket.descriptor, update) }
        }
      } catch {
        finish(.notAsked("the socket of the controller cannot be watched: \(error)"))
      }
    }
  }

  private func read(_ descriptor: CInt, _ update: ConnectionUpdate) {
    // An HCI event packet has at most 258 bytes. A few in one go; the rest is told again.
    var packet = [UInt8](repeating: 0, count: 260)
    for _ in 0..<16 {
      let count = recv(descriptor, &packet, packet.count, CInt(MSG_DONTWAIT))
      guard count > 0 else {
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        return finish(.notAsked("the controller's socket has ended; the adapter is gone"))
      }
      if let outcome = update.received(Array(packet.prefix(count))) { return finish(outcome) }
    }
  }

  private func finish(_ outcome: ConnectionUpdateOutcome) {
    waiting.take()?.resume(returning: outcome)
  }

  // MARK: The socket

  private struct Opened {
    let descriptor: CInt
    let handle: UInt16

    func close() { hci_close_dev(descriptor) }
  }

  /// Why the controller cannot be asked.
  private struct Obstacle: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }

    init(sending number: CInt) {
      reason =
        number == EPERM
        ? "this process lacks the capability CAP_NET_RAW; grant it with: setcap cap_net_raw+ep PROGRAM, or run it as root"
        : "the controller takes no command (\(Self.text(number)))"
    }

    static func text(_ number: CInt) -> String { String(cString: strerror(number)) }
  }

  private func open() throws(Obstacle) -> Opened {
    guard let address = adapter.address, let number = CInt(adapter.name.drop { !$0.isNumber }) else {
      throw Obstacle("bluetoothd does not say which adapter \(adapter.name) is")
    }
    var found = bdaddr_t()
    guard hci_devba(number, &found) >= 0 else {
      throw errno == EAFNOSUPPORT
        ? Obstacle("this kernel has no Bluetooth (\(Obstacle.text(errno))); the adapter is an emulated or distant one")
        : Obstacle("this kernel has no adapter hci\(number) that is up (\(Obstacle.text(errno)))")
    }
    let bytes = withUnsafeBytes(of: &found) { Array($0.prefix(6)) }
    // An emulated adapter may have the name of a real one.
    guard BluetoothAddress(littleEndian: bytes) == address else {
      throw Obstacle("the kernel's hci\(number) is another adapter than \(address), which is emulated or distant")
    }
    let descriptor = hci_open_dev(number)
    guard descriptor >= 0 else {
      throw Obstacle("the adapter \(address) cannot be opened (\(Obstacle.text(errno)))")
    }
    let filtered = CBluetoothReceiveLinkEvents(descriptor)
    let handle = filtered < 0 ? filtered : CBluetoothLinkHandle(descriptor, device.littleEndianBytes)
    guard handle >= 0 else {
      hci_close_dev(descriptor)
      throw Obstacle("the controller has no LE link to \(device) (\(Obstacle.text(-handle)))")
    }
    return Opened(descriptor: descriptor, handle: UInt16(truncatingIfNeeded: handle))
  }
}
