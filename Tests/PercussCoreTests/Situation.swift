import PercussWire
import Testing

@testable import PercussCore

/// A state of the device, with the way into it that a user would take.
enum Situation: CaseIterable, CustomTestStringConvertible {
  case idle, manual, scheduled, scheduledStream, routine, stream, waiting, paused, pausedStream, stopping, fault

  var testDescription: String { "\(self)" }

  var state: DeviceState {
    switch self {
    case .idle: .idle
    case .manual: .manual
    case .scheduled, .scheduledStream: .scheduled
    case .routine: .routine
    case .stream: .stream
    case .waiting: .waiting
    case .paused, .pausedStream: .paused
    case .stopping: .stopping
    case .fault: .fault
    }
  }

  var hasPlayback: Bool {
    switch self {
    case .scheduled, .scheduledStream, .routine, .stream, .waiting, .paused, .pausedStream: true
    case .idle, .manual, .stopping, .fault: false
    }
  }

  static let storedRoutine = [hold(1900, 2000), ramp(1900, 2400, 1000), rest(500), wait(10000), hold(1750, 1000)]

  /// A device in this situation. Central 0 holds the lease; a routine that begins with movement is in slot 0, one that begins with a
  /// wait in slot 1.
  func bench(centrals: Int = 1, lease: UInt16 = 60000, policy: LossPolicy = .stop) -> Bench {
    var bench = Bench(centrals: centrals, lease: lease, policy: policy)
    bench.store(Self.storedRoutine)
    bench.store([wait(30000), hold(1900, 1000)], slot: 1)
    let later = bench.now.advanced(byMilliseconds: 20000).microseconds
    switch self {
    case .idle: break
    case .manual:
      bench.ask(.setSpeed(speedPPM: 1900, rampMilliseconds: 0))
      bench.run(milliseconds: 300)
    case .scheduled: bench.ask(.routineStart(slot: 0, startMicroseconds: later, offsetMilliseconds: 0))
    case .scheduledStream:
      bench.ask(.queueStep(index: 0, atMilliseconds: 0, segment: hold(2000, 5000)))
      bench.ask(.queueStart(startMicroseconds: later))
    case .routine, .paused:
      bench.ask(.routineStart(slot: 0, startMicroseconds: 0, offsetMilliseconds: 0))
      bench.run(milliseconds: 300)
      if self == .paused { bench.ask(.pause) }
    case .stream, .pausedStream:
      bench.ask(.queueStep(index: 0, atMilliseconds: 0, segment: hold(2000, 5000)))
      bench.ask(.queueStep(index: 1, atMilliseconds: 5000, segment: hold(2100, 5000)))
      bench.ask(.queueStart(startMicroseconds: 0))
      bench.run(milliseconds: 300)
      if self == .pausedStream { bench.ask(.pause) }
    case .waiting:
      bench.ask(.routineStart(slot: 1, startMicroseconds: 0, offsetMilliseconds: 0))
      bench.run(milliseconds: 100)
    case .stopping:
      bench.ask(.setSpeed(speedPPM: 2400, rampMilliseconds: 0))
      bench.run(milliseconds: 300)
      bench.ask(.stop)
    case .fault:
      bench.ask(.setSpeed(speedPPM: 2400, rampMilliseconds: 0))
      bench.run(milliseconds: 300)
      bench.give(.injected(.temperature(decidegrees: 900)))
    }
    bench.log.removeAll()
    return bench
  }
}
