import PercussWire
import Testing

@testable import PercussCore

/// Never a silent clamp: protocol-spec sections 5 and 13.
@Suite struct RangeTests {
  private func limits(_ response: ControlResponse?) -> [UInt32]? {
    guard response?.result == .outOfRange,
      case .parameterLimits(let field, let minimum, let maximum)? = response?.body
    else { return nil }
    return [UInt32(field), minimum, maximum]
  }

  @Test func `a speed outside the range names the range (PCS/SR/CP/BI-03)`() {
    var bench = Bench()
    for speed: UInt16 in [1, 10, 1740, 1749, 2401, 2410, 65535] {
      let response = bench.ask(.setSpeed(speedPPM: speed, rampMilliseconds: 0))
      #expect(limits(response) == [0, 1750, 2400], "\(speed)")
      #expect(bench.state == .idle)
    }
  }

  @Test func `a speed that is no multiple of the step names its neighbours (PCS/SR/CP/BI-03, MO/BI-01)`() {
    var bench = Bench()
    let response = bench.ask(.setSpeed(speedPPM: 1904, rampMilliseconds: 0))
    #expect(limits(response) == [0, 1900, 1910])
  }

  @Test func `every speed that the feature promises is accepted`() {
    var bench = Bench()
    for speed in stride(from: UInt16(1750), through: 2400, by: 10) {
      #expect(bench.ask(.setSpeed(speedPPM: speed, rampMilliseconds: 60000))?.result == .success)
    }
  }

  @Test func `ranges of the specification name the parameter (PCS/SR/CP/BI-01)`() throws {
    var bench = Bench()
    let cases: [([UInt8], [UInt32])] = [
      ([OpCode.requestControl.rawValue, 10, 0, 0xF3, 1, 0], [0, 500, 60000]),
      ([OpCode.setSpeed.rawValue, 11, 0, 0x6C, 7, 0x61, 0xEA], [1, 0, 60000]),
      ([OpCode.setTimer.rawValue, 12, 0, 9, 0, 0, 0], [0, 10, 86_400_000]),
      ([OpCode.preset.rawValue, 13, 0, 0, 0, 0], [0, 1, 5]),
      ([OpCode.preset.rawValue, 14, 0, 6, 0, 0], [0, 1, 5]),
      ([OpCode.setTelemetry.rawValue, 15, 0, 19, 0], [0, 20, 60000]),
    ]
    for (bytes, expected) in cases {
      #expect(bench.write(bytes) == nil)
      #expect(limits(bench.responses.last) == expected, "\(bytes)")
    }
  }

  @Test func `ranges of the device name the parameter (PCS/SR/CP/BI-01, MO/BI-02)`() {
    var bench = Bench()
    #expect(limits(bench.ask(.setForceLimit(forceDecinewtons: 1781))) == [0, 0, 1780])
    for slot: UInt8 in [4, 255] {
      #expect(limits(bench.ask(.routineQuery(slot: slot))) == [0, 0, 3])
      #expect(limits(bench.ask(.routineClear(slot: slot))) == [0, 0, 3])
      #expect(limits(bench.ask(.routineValidate(slot: slot))) == [0, 0, 3])
      #expect(limits(bench.ask(.routineBegin(slot: slot, length: 15, crc32: 0))) == [0, 0, 3])
      #expect(
        limits(bench.ask(.routineStart(slot: slot, startMicroseconds: 0, offsetMilliseconds: 0))) == [0, 0, 3])
    }
    #expect(limits(bench.ask(.routineBegin(slot: 0, length: 16, crc32: 0))) == [1, 15, 26])
    #expect(limits(bench.ask(.routineBegin(slot: 0, length: 25, crc32: 0))) == [1, 15, 26])
    #expect(bench.ask(.routineBegin(slot: 0, length: 4 + 11 * 2049, crc32: 0))?.result == .tooLarge)
    #expect(bench.ask(.routineBegin(slot: 0, length: 4 + 11 * 2048, crc32: 0))?.result == .success)
  }

  @Test func `a start in the past is too late, one too far ahead is out of range (PCS/SR/RT/BI-01, BI-02, CP/BI-02)`() {
    var bench = Bench()
    bench.store([hold(1900, 1000)])
    let now = bench.now.microseconds
    func start(_ microseconds: UInt64, _ offset: UInt32 = 0) -> ControlRequest.Body {
      .routineStart(slot: 0, startMicroseconds: microseconds, offsetMilliseconds: offset)
    }
    #expect(bench.ask(start(now - 1))?.result == .tooLate)
    #expect(limits(bench.ask(start(now + 86_400_000_001))) == [1, 0, 86_400_000])
    #expect(limits(bench.ask(start(.max))) == [1, 0, 86_400_000])
    #expect(limits(bench.ask(start(0, 1000))) == [2, 0, 999])
    #expect(bench.ask(.routineStart(slot: 1, startMicroseconds: 0, offsetMilliseconds: 0))?.result == .notFound)
    #expect(bench.ask(start(now + 86_400_000_000))?.body == .routineStarted(startMicroseconds: now + 86_400_000_000))
    bench.ask(.stop)
    #expect(bench.ask(start(now))?.body == .routineStarted(startMicroseconds: now))
    #expect(bench.state == .routine)
  }

  @Test func `a streamed step names its parameter in a flat count (PCS/SR/CP/BI-01, QU/BI-03)`() {
    var bench = Bench()
    func ask(_ segment: RoutineSegment) -> ControlResponse? {
      bench.ask(.queueStep(index: 0, atMilliseconds: 0, segment: segment))
    }
    #expect(limits(ask(hold(1900, 1000, force: 1781))) == [3, 0, 1780])
    #expect(limits(ask(hold(0, 1000))) == [4, 1750, 2400])
    #expect(limits(ask(hold(1740, 1000))) == [4, 1750, 2400])
    #expect(limits(ask(ramp(1905, 2000, 1000))) == [4, 1900, 1910])
    #expect(limits(ask(ramp(1900, 2405, 1000))) == [5, 1750, 2400])
    #expect(ask(wait(1000))?.result == .invalidParameter)
    var uneven = hold(1900, 1000)
    uneven.speedToPPM = 2000
    #expect(ask(uneven)?.result == .invalidParameter)
    var moving = rest(1000)
    moving.speedToPPM = 1900
    #expect(ask(moving)?.result == .invalidParameter)
    #expect(ask(ramp(0, 0, 1000))?.result == .success)
  }
}
