public import PercussLink
public import PercussTime
public import PercussWire

extension Device {
  /// What a device, or the connection to it, has to tell.
  public enum Event: Equatable, Sendable {
    /// The device reported an event; with the instant at which the report arrived. All but the loss of control, which is ``controlLost(_:)``.
    case reported(DeviceEvent, receivedAt: MonotonicInstant)
    /// This central no longer holds the lease: nothing that needs it is possible until control is taken again. With the device's cause where it said one;
    /// without, when a request was refused for it. Once for each loss.
    case controlLost(ChangeCause?)
    /// That many events are missing here: lost on the way, or dropped because this consumer was too slow.
    case missed(Int)
    /// The connection has ended; always the last one. The device goes on by its own rules, and nothing is resumed or sent again.
    case disconnected(DisconnectReason)
  }
}

/// The events of a device from the moment this sequence was asked for.
///
/// ```swift
/// for await event in device.events {
///   if case .reported(let report, _) = event { print(report) }
/// }
/// ```
///
/// Each sequence has a buffer of its own of ``limit`` events. When its consumer is further behind, the oldest are dropped, and it finds a
/// ``Device/Event/missed(_:)`` in their place. It ends after ``Device/Event/disconnected(_:)``; asked for later, it holds only that.
public struct DeviceEvents: AsyncSequence, Sendable {
  /// How many events wait for a slow consumer.
  public static let limit = 1024

  /// What the sequence gives.
  public typealias Element = Device.Event
  /// It never fails: the end of the connection is an element.
  public typealias Failure = Never

  let subscription: Subscription<Device.Event>

  /// An iterator; several share the events between them.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(subscription: subscription)
  }

  /// Gives one event after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let subscription: Subscription<Device.Event>
    private var held: Device.Event?

    init(subscription: Subscription<Device.Event>) {
      self.subscription = subscription
    }

    /// The next event; `nil` after the last one, or when the task is cancelled.
    public mutating func next() async -> Device.Event? {
      if let event = held {
        held = nil
        return event
      }
      guard let (event, dropped) = await subscription.next() else { return nil }
      guard dropped > 0 else { return event }
      held = event
      return .missed(dropped)
    }
  }
}

/// Telemetry as it arrived.
public struct TelemetrySample: Equatable, Sendable {
  /// What the device measured.
  public var telemetry: Telemetry
  /// When it arrived here.
  public var receivedAt: MonotonicInstant
  /// How many samples are missing before this one: lost on the way, or dropped because this consumer was too slow.
  public var missed: Int
  /// What the device says of its motor; nil from one whose telemetry is its own. Where it is not nil, only `state` and `timeMilliseconds` (the host's clock) of the
  /// telemetry are to be relied on, and its speeds where their ratio was stated; the rest is 0, since the device does not tell it.
  public var motor: MotorReport?

  /// A sample; see the properties.
  public init(telemetry: Telemetry, receivedAt: MonotonicInstant, missed: Int, motor: MotorReport? = nil) {
    (self.telemetry, self.receivedAt, self.missed, self.motor) = (telemetry, receivedAt, missed, motor)
  }
}

/// What is known of a motor that is asked for.
public struct MotorReport: Equatable, Sendable {
  /// What the device answered.
  public var status: MotorStatus
  /// The speed that was commanded last; nil where it is not known.
  public var target: MotorSpeed?

  /// A report; see the properties.
  public init(status: MotorStatus, target: MotorSpeed?) {
    (self.status, self.target) = (status, target)
  }
}

/// The telemetry of a device from the moment this sequence was asked for; newer values only, in order.
///
/// Each sequence has a buffer of its own of ``limit`` samples. When its consumer is further behind, the oldest are dropped and counted in
/// ``TelemetrySample/missed``. It ends with the connection.
public struct TelemetrySamples: AsyncSequence, Sendable {
  /// How many samples wait for a slow consumer.
  public static let limit = 256

  /// What the sequence gives.
  public typealias Element = TelemetrySample
  /// It never fails.
  public typealias Failure = Never

  let subscription: Subscription<TelemetrySample>

  /// An iterator; several share the samples between them.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(subscription: subscription)
  }

  /// Gives one sample after the other.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let subscription: Subscription<TelemetrySample>

    /// The next sample; `nil` when the connection has ended, or the task is cancelled.
    public mutating func next() async -> TelemetrySample? {
      guard let (newest, dropped) = await subscription.next() else { return nil }
      var sample = newest
      sample.missed += dropped
      return sample
    }
  }
}
