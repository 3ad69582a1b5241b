import PercussWire
import Testing

@testable import PercussCore

/// Steps that arrive while others play: protocol-spec section 15.
@Suite struct StreamTests {
  private func queue(_ bench: inout Bench, _ index: UInt16, _ at: UInt32, _ segment: RoutineSegment) -> ControlResponse?
  {
    bench.ask(.queueStep(index: index, atMilliseconds: at, segment: segment))
  }

  @Test func `steps are entered at start + at, gaps are rests (PCS/SR/QU/BV-01, BV-07, BV-08)`() {
    var bench = Bench()
    #expect(queue(&bench, 0, 100, hold(1900, 1000))?.body == .stepQueued(free: 31))
    #expect(queue(&bench, 1, 1100, ramp(1900, 2400, 1000))?.body == .stepQueued(free: 30))
    #expect(queue(&bench, 2, 4000, rest(500))?.body == .stepQueued(free: 29))
    #expect(bench.ask(.queueStart(startMicroseconds: 2_000_001))?.state == .scheduled)
    bench.run(milliseconds: 4500)
    #expect(bench.state == .stream)
    #expect(bench.core.truth.speedMilliPPM == 0, "in the gap")
    #expect(bench.core.truth.step == 65535)
    bench.run(milliseconds: 5000)
    #expect(bench.steps.map(\.planned) == [2_100_001, 3_100_001, 6_000_001])
    #expect(bench.steps.allSatisfy { $0.planned == $0.actual })
    #expect(bench.endings == [.completed])
    #expect(bench.state == .idle)
  }

  @Test func `a queue that runs dry after movement is an underflow, and the motor rests (PCS/SR/QU/BV-08)`() {
    var bench = Bench()
    _ = queue(&bench, 0, 0, hold(1900, 1000))
    bench.ask(.queueStart(startMicroseconds: 0))
    bench.run(milliseconds: 1000)
    #expect(bench.endings == [.underflow])
    #expect(bench.changes.last == Change(.stopping, .underflow))
    bench.run(milliseconds: 500)
    #expect(bench.core.truth.speedMilliPPM == 0)
    #expect(queue(&bench, 0, 0, hold(1900, 1000))?.result == .success, "the next stream begins at 0")
  }

  @Test func `index, place, order and time of a step are checked (PCS/SR/QU/BI-01 to BI-05)`() {
    var bench = Bench()
    #expect(queue(&bench, 1, 0, hold(1900, 1000))?.body == .indexExpected(index: 0))
    #expect(queue(&bench, 0, 500, hold(1900, 1000))?.result == .success)
    #expect(queue(&bench, 1, 1499, hold(1900, 1000))?.result == .invalidParameter)
    #expect(queue(&bench, 1, 1500, hold(1900, 4000))?.result == .success)
    bench.ask(.queueStart(startMicroseconds: 0))
    bench.run(milliseconds: 2000)
    #expect(queue(&bench, 2, 5499, hold(1900, 1000))?.result == .invalidParameter, "the running step counts")
    #expect(queue(&bench, 2, 9000, rest(1000))?.result == .success)
    bench.run(milliseconds: 4000)
    bench.ask(.queueFlush)
    #expect(bench.endings == [.command], "a flush between two steps ends the stream")
  }

  @Test func `a step whose instant has passed is too late, not so during a pause (PCS/SR/QU/BI-05)`() {
    var bench = Bench()
    _ = queue(&bench, 0, 0, hold(1900, 1000))
    _ = queue(&bench, 1, 5000, hold(1900, 1000))
    bench.ask(.queueStart(startMicroseconds: 0))
    bench.run(milliseconds: 500)
    bench.ask(.queueFlush)
    bench.ask(.pause)
    bench.run(milliseconds: 10000)
    #expect(queue(&bench, 0, 1000, hold(2000, 1000))?.result == .success)
    bench.ask(.resume)
    bench.run(milliseconds: 500)
    #expect(bench.steps.last == EnteredStep(step: 0, planned: 12_000_000, actual: 12_000_000))
    // The step runs out at place 2000; nothing is queued. A step in the past of the stream never fits.
    bench.ask(.queueFlush)
    #expect(queue(&bench, 0, 1999, hold(1900, 1000))?.result == .invalidParameter)
    bench.run(milliseconds: 999)
    #expect(queue(&bench, 0, 2000, hold(1900, 1000))?.result == .success)
    bench.run(milliseconds: 2000)
    #expect(bench.endings == [.underflow])
  }

  @Test func `too late is a step that would have begun in a gap`() {
    var bench = Bench()
    _ = queue(&bench, 0, 0, hold(1900, 100))
    _ = queue(&bench, 1, 9000, hold(1900, 1000))
    bench.ask(.queueStart(startMicroseconds: 0))
    bench.run(milliseconds: 50)
    bench.ask(.queueFlush)
    bench.sleep(milliseconds: 30)
    #expect(queue(&bench, 0, 60, hold(1900, 100))?.result == .invalidParameter)
    bench.core.queue.flush(end: 0)
    #expect(queue(&bench, 0, 60, hold(1900, 100))?.result == .tooLate)
  }

  @Test func `a full queue takes a step when one has begun (PCS/SR/QU/BV-04, BI-02)`() {
    var bench = Bench()
    for index in 0..<32 {
      #expect(queue(&bench, UInt16(index), UInt32(index) * 1000, hold(1900, 1000))?.result == .success)
    }
    #expect(queue(&bench, 32, 32000, hold(1900, 1000))?.result == .queueFull)
    bench.ask(.queueStart(startMicroseconds: 0))
    #expect(queue(&bench, 32, 32000, hold(1900, 1000))?.body == .stepQueued(free: 0))
    #expect(queue(&bench, 33, 33000, hold(1900, 1000))?.result == .queueFull)
  }

  @Test func `the index wraps from 65534 to 0 (PCS/SR/QU/BV-03)`() {
    var bench = Bench(.pro, lease: 60000)
    var index: UInt16 = 0
    var at: UInt32 = 0
    func stream(_ bench: inout Bench) {
      bench.stream(index, at: at, hold(1900, 10))
      index = index == 65534 ? 0 : index + 1
      at += 10
    }
    for _ in 0..<32 { stream(&bench) }
    bench.ask(.queueStart(startMicroseconds: 0))
    for _ in 0..<66000 {
      bench.log.removeAll()
      bench.run(milliseconds: 10)
      stream(&bench)
    }
    #expect(bench.state == .stream)
    #expect(bench.core.truth.step < 1000)
    #expect(bench.core.queue.nextIndex == index)
  }

  @Test func `each streamed step brings a credit, and so does each that begins (PCS/SR/QU/BV-05, BV-06, BI-06)`() {
    var bench = Bench()
    bench.log.removeAll()
    bench.stream(0, at: 0, hold(1900, 1000))
    bench.stream(1, at: 1000, hold(1905, 1000))
    bench.stream(2, at: 1000, hold(1900, 1000))
    bench.stream(1, at: 1000, hold(1900, 1000))
    func credit(_ next: UInt16, _ free: UInt8) -> RoutineStatus.Body { .streamCredit(nextIndex: next, free: free) }
    #expect(bench.credits == [credit(1, 31), credit(1, 31), credit(1, 31), credit(2, 30)])
    bench.log.removeAll()
    bench.ask(.queueStart(startMicroseconds: 0))
    bench.run(milliseconds: 1500)
    #expect(bench.credits == [credit(2, 31), credit(2, 32)])
  }

  @Test func `a flush forgets what has not begun (PCS/SR/QU/BV-09)`() {
    var bench = Situation.stream.bench()
    bench.ask(.queueFlush)
    #expect(bench.state == .stream)
    bench.run(milliseconds: 5000)
    #expect(bench.endings == [.underflow])
    var scheduled = Situation.scheduledStream.bench()
    scheduled.ask(.queueFlush)
    #expect(scheduled.changes == [Change(.idle, .command)])
    #expect(scheduled.endings == [.command])
  }

  @Test func `a step without control or with a broken segment changes nothing (PCS/SR/LE/BI-03)`() {
    var bench = Bench(centrals: 2)
    let data = RoutineData(body: .streamedStep(index: 0, atMilliseconds: 0, segment: hold(1900, 1000)))
    let bytes = (try? data.bytes()) ?? []
    bench.write(bytes, to: .routineData, from: 1)
    #expect(bench.core.queue.isEmpty)
    var broken = bytes
    broken[7] = 0
    bench.write(broken, to: .routineData)
    #expect(bench.core.queue.isEmpty)
    #expect(bench.credits.count == 1)
  }
}
