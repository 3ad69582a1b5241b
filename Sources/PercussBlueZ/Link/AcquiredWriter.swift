internal import CBluetooth
internal import Glibc
public import PercussLink
internal import Synchronization

/// Write commands to one characteristic through a descriptor (`AcquireWrite`): one packet is one command. For what must go out on time.
///
/// ```swift
/// let writer = try await link.acquireWriter(for: .percussRoutineData)
/// switch writer.send(step) {
/// case .sent: ...
/// case .full, .closed, .unsuitable: ...
/// }
/// ```
///
/// - ``send(_:)-([UInt8])`` is one system call that never waits, from any thread.
/// - bluetoothd takes packets at once and queues without bound: pace them.
/// - While it is open, bluetoothd refuses every other write to the characteristic.
public final class AcquiredWriter: PromptWriter {
  /// What became of a packet.
  public enum Outcome: Hashable, Sendable {
    /// bluetoothd will take it.
    case sent
    /// The socket is full: bluetoothd does not keep up, or hangs. Nothing was sent.
    case full
    /// The link has ended, or the writer was closed.
    case closed
    /// It is empty, which would end the socket without a word, or longer than ``maximumLength``. Nothing was sent.
    case unsuitable
  }

  /// The longest packet: ATT_MTU less 3, and no more than the 512 bytes that bluetoothd takes (bluez#1466).
  public let maximumLength: Int
  private let descriptor: Mutex<CInt?>

  /// - Parameter descriptor: belongs to the writer from now on.
  init(owning descriptor: CInt, maximumTransmissionUnit: Int) {
    self.descriptor = Mutex(descriptor)
    maximumLength = max(1, min(maximumTransmissionUnit - 3, 512))
  }

  deinit { close() }

  /// Sends one packet.
  public func send(_ value: [UInt8]) -> Outcome {
    value.withUnsafeBytes { send($0) }
  }

  /// Sends one packet.
  public func send(_ value: RawSpan) -> Outcome {
    value.withUnsafeBytes { send($0) }
  }

  /// See `PromptWriter`.
  public func sendPromptly(_ value: [UInt8]) -> Bool { send(value) == .sent }

  /// Lets bluetoothd take writes from others again. What was sent is not lost.
  public func close() {
    guard let open = descriptor.withLock({ $0.take() }) else { return }
    Glibc.close(open)
  }

  private func send(_ bytes: UnsafeRawBufferPointer) -> Outcome {
    guard !bytes.isEmpty, bytes.count <= maximumLength else { return .unsuitable }
    // The lock keeps the number from being closed, and given to another descriptor, during the call.
    return descriptor.withLock { open in
      guard let open else { return .closed }
      while true {
        let flags = CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)
        if Glibc.send(open, bytes.baseAddress, bytes.count, flags) >= 0 { return .sent }
        switch errno {
        case EINTR: continue
        case EAGAIN, ENOBUFS: return .full
        default: return .closed
        }
      }
    }
  }

  /// Whether bluetoothd has taken everything that was sent.
  var isDrained: Bool {
    descriptor.withLock { open in open.map { CBluetoothUnsentBytes($0) <= 0 } ?? true }
  }

  /// The number, to be watched; nil when closed.
  var number: CInt? { descriptor.withLock { $0 } }
}
