internal import Glibc
internal import PercussTime
internal import Synchronization

/// Opens the socket of a connection on a thread of its own: to connect may block, and the timeline must not.
final class BusOpening: Sendable {
  private struct State: ~Copyable {
    var waiter: (@Sendable () -> Void)?
    var result: Opened?
    var isOver = false
  }

  private enum Opened: ~Copyable, Sendable {
    case connection(RawConnection)
    case failure(DBusFailure)
  }

  private let state = Mutex(State())
  private let address: BusAddress

  private init(_ address: BusAddress) {
    self.address = address
  }

  /// Waits for the socket until the deadline, no longer. A socket that comes later is closed.
  static func connect(
    _ address: BusAddress, on timeline: RealTimeline, timeout: Duration
  ) async throws(DBusFailure) -> RawConnection {
    let opening = BusOpening(address)
    guard opening.startThread() else {
      throw .unreachable(address: address.description, reason: "the system gave no thread to connect on")
    }
    let timer = timeline.schedule(after: timeout) { opening.end() }
    defer { timer.cancel() }
    unsafe await withUnsafeContinuation { continuation in
      let isThere = opening.state.withLock { state in
        guard state.result == nil, !state.isOver else { return true }
        state.waiter = { unsafe continuation.resume() }
        return false
      }
      if isThere { unsafe continuation.resume() }
    }
    switch opening.state.withLock({ $0.result.take() }) {
    case .some(.connection(let raw)): return raw
    case .some(.failure(let failure)): throw failure
    case nil:
      throw .unreachable(address: address.description, reason: "it took no connection within \(timeout)")
    }
  }

  private func startThread() -> Bool {
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
    defer { unsafe pthread_attr_destroy(&attributes) }
    var thread = pthread_t()
    let context = unsafe Unmanaged.passRetained(self)
    let status = unsafe pthread_create(
      &thread, &attributes,
      { context in
        guard let context = unsafe context else { return nil }
        unsafe Unmanaged<BusOpening>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    if status != 0 { unsafe context.release() }
    return status == 0
  }

  private func run() {
    do throws(DBusFailure) {
      finish(.connection(try RawConnection.open(address)))
    } catch {
      finish(.failure(error))
    }
  }

  private func finish(_ result: consuming Opened) {
    var result = Optional(result)
    let waiter: (@Sendable () -> Void)? = state.withLock { state in
      guard !state.isOver else { return nil }
      state.result = result.take()
      return state.waiter.take()
    }
    waiter?()
  }

  private func end() {
    let waiter: (@Sendable () -> Void)? = state.withLock { state in
      state.isOver = true
      return state.waiter.take()
    }
    waiter?()
  }
}
