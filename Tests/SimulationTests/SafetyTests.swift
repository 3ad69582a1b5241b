import PercussClient
import PercussCore
import PercussLink
import PercussSimulator
import PercussTime
import PercussWire
import Synchronization
import Testing

/// Random users, bodies and radios, with what the motor really did as the judge.
@Suite("Safety over many seeds")
struct SafetyTests {
  /// What a run did, as text: equal texts are equal runs.
  struct Outcome: Equatable, Sendable {
    var diary: [String] = []
    var trace = MotorTrace()
    var work = 0
  }

  @Test(arguments: 0..<60 as Range<UInt64>)
  func `whatever users, bodies and radios do, the motor obeys, and rests when its central is gone`(seed: UInt64) throws
  {
    _ = try Self.live(seed: seed)
  }

  @Test(arguments: 0..<6 as Range<UInt64>)
  func `the same seed gives the same run, to the last sample`(seed: UInt64) throws {
    let first = try Self.live(seed: seed)
    let second = try Self.live(seed: seed)
    #expect(first.diary == second.diary)
    #expect(first.trace == second.trace)
    #expect(first.work == second.work)
    #expect(try Self.live(seed: seed + 1000) != first)
  }

  /// A minute of a random life, then the central vanishes.
  private static func live(seed: UInt64) throws -> Outcome {
    var random = SeededGenerator(seed: seed).stream("life")
    var radio = RadioParameters.bad(mtu: [23, 50, 247].randomElement(using: &random) ?? 23)
    radio.interval =
      [.microseconds(7500), .milliseconds(15), .milliseconds(50)].randomElement(using: &random) ?? .milliseconds(15)
    var configuration = SimulatedDevice.Configuration()
    configuration.driftPartsPerMillion = Double.random(in: -50...50, using: &random)
    configuration.clockOffset = .milliseconds(Int64.random(in: 0...60_000, using: &random))
    let lease = [Duration.milliseconds(500), .seconds(2), .seconds(5)].randomElement(using: &random) ?? .seconds(2)
    let generator = random
    return try Bench.run(radio: radio, seed: seed, configuration: configuration) { bench in
      var random = generator
      let diary = Mutex<[String]>([])
      let highest = Mutex<UInt16>(0)
      @Sendable func note(_ line: String) { diary.withLock { $0.append("\(bench.timeline.now) \(line)") } }
      let listener = bench.timeline.start {
        for await event in bench.device.events { note("\(event)") }
      }
      let end = bench.timeline.now + .seconds(60)
      var calls: [Task<Void, any Error>] = []
      while bench.timeline.now < end {
        let action = Action.random(using: &random)
        if let speed = action.highestSpeed { highest.withLock { $0 = max($0, speed) } }
        switch action {
        case .press: await bench.motor.press(.shortPress)
        case .load(let force): await bench.motor.setLoad(decinewtons: force)
        case .disturb(let kind, let milliseconds): await bench.rig.link.disturb(kind, for: .milliseconds(milliseconds))
        default:
          calls.append(
            bench.timeline.start {
              do {
                try await action.call(bench.device, lease)
                note("\(action): done")
              } catch {
                note("\(action): \(error)")
              }
            })
        }
        try await bench.wait(.milliseconds(Int64.random(in: 0...1500, using: &random)))
      }
      let vanished = bench.timeline.now
      await bench.rig.link.vanish(.central)
      for call in calls { try await call.value }
      #expect(bench.timeline.now <= vanished + .seconds(10), "every call ends within its bound")
      try await bench.wait(.seconds(120))
      try await listener.value
      await bench.checkMotor(neverAbove: highest.withLock { $0 })
      let rest = try #require(await bench.restSince, "seed \(seed): the motor still turns")
      #expect(rest <= vanished + lease + .milliseconds(500), "seed \(seed)")
      return Outcome(
        diary: diary.withLock { $0 }, trace: await bench.motor.trace, work: bench.timeline.performedWork)
    }
  }

  enum Action: CustomStringConvertible {
    case control, release, stop, pause, resume, reset, query, upload(UInt16), start, seek
    case speed(UInt16, ramp: Int64)
    case force(UInt16)
    case timer(Int64)
    case press
    case load(UInt16)
    case disturb(RadioDisturbance.Kind, Int64)

    static func random(using random: inout SeededGenerator) -> Action {
      let speed = UInt16.random(in: 175...240, using: &random) * 10
      switch Int.random(in: 0..<22, using: &random) {
      case 0...3: return .control
      case 4: return .release
      case 5, 6: return .stop
      case 7: return .pause
      case 8: return .resume
      case 9: return .reset
      case 10: return .query
      case 11: return .upload(speed)
      case 12: return .start
      case 13: return .seek
      case 14: return .force(UInt16.random(in: 100...1780, using: &random))
      case 15: return .timer(Int64.random(in: 10...20_000, using: &random))
      case 16: return .press
      case 17: return .load(UInt16.random(in: 0...2000, using: &random))
      case 18:
        let kind = [RadioDisturbance.Kind.stall, .outage, .centralDeaf].randomElement(using: &random) ?? .stall
        return .disturb(kind, Int64.random(in: 0...2500, using: &random))
      default: return .speed(speed, ramp: Int64.random(in: 0...2000, using: &random))
      }
    }

    var highestSpeed: UInt16? {
      switch self {
      case .speed(let ppm, _), .upload(let ppm): ppm
      default: nil
      }
    }

    var description: String {
      switch self {
      case .speed(let ppm, let ramp): "speed \(ppm) in \(ramp)"
      case .upload(let ppm): "upload of \(ppm)"
      case .force(let force): "force \(force)"
      case .timer(let milliseconds): "timer \(milliseconds)"
      case .control: "control"
      case .release: "release"
      case .stop: "stop"
      case .pause: "pause"
      case .resume: "resume"
      case .reset: "reset"
      case .query: "query"
      case .start: "start"
      case .seek: "seek"
      case .press, .load, .disturb: "body or radio"
      }
    }

    func call(_ device: Device, _ lease: Duration) async throws {
      switch self {
      case .control: try await device.takeControl(lease: lease)
      case .release: try await device.releaseControl()
      case .stop: try await device.stop()
      case .pause: try await device.pause()
      case .resume: try await device.resume()
      case .reset: try await device.reset()
      case .query: _ = try await device.query(slot: 0)
      case .upload(let ppm):
        try await device.upload([RoutineSegment](repeating: .hold(ppm, milliseconds: 500), count: 40), to: 0)
      case .start: try await device.startRoutine(slot: 0)
      case .seek: try await device.seek(to: .seconds(3))
      case .speed(let ppm, let ramp): try await device.setSpeed(.ppm(ppm), ramp: .milliseconds(ramp))
      case .force(let force): try await device.setForceLimit(.decinewtons(force))
      case .timer(let milliseconds): try await device.setTimer(.milliseconds(milliseconds))
      case .press, .load, .disturb: break
      }
    }
  }
}
