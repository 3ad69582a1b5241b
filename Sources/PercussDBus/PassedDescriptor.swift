import Glibc
import Synchronization

/// A file descriptor that came, or goes, with a message. Closed with the last reference unless it is taken out.
public final class PassedDescriptor: Sendable, Hashable {
  private let number: Mutex<CInt?>

  /// - Parameter number: an open descriptor, which belongs to this object from now on.
  public init(owning number: CInt) {
    self.number = Mutex(number)
  }

  deinit {
    if let open = number.withLock({ $0 }) { close(open) }
  }

  /// Hands the descriptor over to the caller, who closes it. Nil when it was taken already.
  public func take() -> CInt? { number.withLock { $0.take() } }

  /// The descriptor for as long as the closure runs; nil when it was taken already.
  public func withDescriptor<Result: Sendable>(_ body: (CInt) throws -> Result) rethrows -> Result? {
    try number.withLock { open in try open.map(body) }
  }

  /// The same object.
  public static func == (left: PassedDescriptor, right: PassedDescriptor) -> Bool { left === right }

  /// By identity.
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
