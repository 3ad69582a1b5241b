internal import PercussGATT
internal import PercussLink
internal import PercussTime
public import PercussWire

/// A step for the device's queue (section 15 of the specification).
public struct StreamedStep: Equatable, Sendable {
  /// Its number, from 0 to 65,534 and then from 0 again.
  public var index: UInt16
  /// When it begins, in milliseconds from the start of the stream.
  public var atMilliseconds: UInt32
  /// What the motor does.
  public var segment: RoutineSegment

  /// A step; see the properties.
  public init(index: UInt16, atMilliseconds: UInt32, segment: RoutineSegment) {
    self.index = index
    self.atMilliseconds = atMilliseconds
    self.segment = segment
  }
}

/// How far the device's queue has come.
public struct StreamCredit: Equatable, Sendable {
  /// The first index that the device lacks; it has forgotten steps beyond it.
  public var nextIndex: UInt16
  /// How many steps more it has room for.
  public var free: UInt8

  /// A credit; see the properties.
  public init(nextIndex: UInt16, free: UInt8) {
    self.nextIndex = nextIndex
    self.free = free
  }
}

/// The credits of a device from the moment this sequence was asked for, as they arrive: lost ones are missing, overtaken ones come late.
///
/// Each sequence has a buffer of its own of ``limit`` credits; the oldest are dropped, since a newer one says all that they said. It ends with the connection.
public struct StreamCredits: AsyncSequence, Sendable {
  /// How many credits wait for a slow consumer.
  public static let limit = 64

  /// What the sequence gives.
  public typealias Element = StreamCredit
  /// It never fails.
  public typealias Failure = Never

  let subscription: Subscription<StreamCredit>

  /// An iterator; several share the credits between them.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(subscription: subscription)
  }

  /// Gives one credit after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let subscription: Subscription<StreamCredit>

    /// The next credit; `nil` when the connection has ended, or the task is cancelled.
    public mutating func next() async -> StreamCredit? {
      await subscription.next()?.element
    }
  }
}

extension Device {
  /// The credits for streamed steps from now on. Every sequence gets everything.
  public nonisolated var streamCredits: StreamCredits { StreamCredits(subscription: streamBroadcast.subscribe()) }

  /// Hands a step for the device's queue to the link; needs control. Ends when the link has taken it. Whether it arrives, ``streamCredits`` tell: it may be lost, or
  /// overtaken by the next, and then has to be sent again.
  ///
  /// - Throws: `.disconnected`, `.link`; `.invalidArgument` for a step that no frame can hold.
  public func queue(_ step: StreamedStep) async throws(DeviceError) {
    let operation = "streamed step \(step.index)"
    try check(.request(.queueFlush))
    // A write request under way goes first, so that bulk data does not stand in a stop's way.
    await letWriteEnd()
    if let connectionEnd { throw DeviceError(.disconnected(connectionEnd), during: operation) }
    let value: [UInt8]
    do {
      value = try RoutineData(
        body: .streamedStep(index: step.index, atMilliseconds: step.atMilliseconds, segment: step.segment)
      ).bytes()
    } catch {
      throw DeviceError(.invalidArgument("\(error)"), during: operation)
    }
    do {
      try await link.write(value, to: .percussRoutineData, type: .command)
    } catch {
      // A host without room for it dropped it: as if it had been lost on the way.
      if case .busy = error { return }
      throw DeviceError(link: error, during: operation)
    }
  }
}
