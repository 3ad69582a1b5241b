import Foundation
import Testing

/// A virtual Theragun on the emulated BlueZ whose link fails while its motor runs: only this program stops it.
@Suite struct TheragunLossTests {
  /// Has `set` drive the motor, disturbs the link, and tells the program to end. The last lines are its exit status and what the motor then really does.
  private func interrupt(during disturbance: String) async throws -> ProgramRun {
    let program = try ProgramRun.program().path
    let folder = try TemporaryFolder()
    let configuration = try folder.write("percussd: 1\ndevices: [{model: theragun-pro}]\n", to: "theragun.yaml")
    let output = try folder.write("", to: "output")
    return try await ProgramRun.percuss(
      [
        "shell", "--config", configuration, "--", "/bin/sh", "-c",
        """
        device="org.percuss.Simulator /org/percuss/simulator/dev_$(echo $PERCUSS_DEVICE | tr : _) org.percuss.Simulator1.Device"
        '\(program)' set --speed 1800rpm --for 60s --json > '\(output)' & run=$!
        for try in $(seq 200); do grep -q '"manual"' '\(output)' && break; sleep 0.1; done
        sleep 1
        busctl call $device Disturb su \(disturbance)
        kill -TERM $run; wait $run; echo "status $?"
        sleep 1
        busctl get-property $device Speed
        """,
      ])
  }

  @Test(arguments: ["stall 12000", "outage 9000"])
  func `a link that fails at the end is made once more, and the motor stopped`(disturbance: String) async throws {
    let run = try await interrupt(during: disturbance)
    #expect(run.lines.contains("status 75"), "\(run)")
    #expect(run.lines.contains("d 0"), "\(run)")
    #expect(run.errors.contains("connecting once more") && run.errors.contains("is at rest."), "\(run)")
  }
}
