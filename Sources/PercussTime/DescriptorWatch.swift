/// What can be said of a descriptor, or asked about it.
public struct DescriptorEvents: OptionSet, Sendable, Hashable {
  /// The bits.
  public let rawValue: UInt8

  /// Events from their bits.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// Reading does not block: something is there, or the end of the stream, or an error.
  public static let readable = DescriptorEvents(rawValue: 1)
  /// Writing does not block.
  public static let writable = DescriptorEvents(rawValue: 2)
  /// The other end is gone; what it wrote before may still be there to read. Told whether asked for or not.
  public static let hangUp = DescriptorEvents(rawValue: 4)
  /// The descriptor has an error. Told whether asked for or not.
  public static let error = DescriptorEvents(rawValue: 8)
  /// The timeline was shut down, and the handler is not called again. Told whether asked for or not.
  public static let shutDown = DescriptorEvents(rawValue: 16)
}

/// A descriptor that a ``RealTimeline`` watches, until it is cancelled or the timeline is shut down; dropping the token does not end it.
public final class DescriptorWatch: Sendable {
  /// The descriptor, which stays the caller's.
  public let descriptor: CInt
  let identifier: UInt64
  let handler: @Sendable (DescriptorEvents) -> Void
  private let poller: DescriptorPoller

  init(
    descriptor: CInt, identifier: UInt64, poller: DescriptorPoller,
    handler: @escaping @Sendable (DescriptorEvents) -> Void
  ) {
    self.descriptor = descriptor
    self.identifier = identifier
    self.poller = poller
    self.handler = handler
  }

  /// Changes what is asked for: ``DescriptorEvents/readable``, ``DescriptorEvents/writable``, both, or none. Does nothing after the end.
  public func setInterest(_ events: DescriptorEvents) {
    poller.setInterest(events, of: self)
  }

  /// Ends the watch; do it before the descriptor is closed. On the timeline the handler is not called again, not even for what has happened already;
  /// from another thread a call may be under way.
  public func cancel() {
    poller.remove(self)
  }
}

/// Why a descriptor cannot be watched.
public enum DescriptorWatchError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The timeline watches it already; `dup` it for a second watch.
  case alreadyWatched(descriptor: CInt)
  /// It is not open, or nothing that can be waited for, as a regular file is; with the system's error number.
  case notWatchable(descriptor: CInt, errno: CInt)
  /// The timeline has been shut down.
  case shutDown

  /// What happened, and what to do.
  public var description: String {
    switch self {
    case .alreadyWatched(let descriptor): "descriptor \(descriptor) is watched already; watch a duplicate of it"
    case .notWatchable(let descriptor, let errno):
      "descriptor \(descriptor) cannot be watched (error \(errno)): it is closed, or a regular file"
    case .shutDown: "the timeline has been shut down; create a new one"
    }
  }
}
