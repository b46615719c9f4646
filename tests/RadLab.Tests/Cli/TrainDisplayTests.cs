using RadLab.Cli;
using RadLab.Training;

namespace RadLab.Tests;

public sealed class TrainDisplayTests
{
    private static readonly TrainingProgress s_long = new(1234, 20000, 12.3456, 1.5e-4, 123.45, 12345, 12_345_000_000, 23_456_000_000, TimeSpan.FromHours(12.5), 11.2345);

    private static TrainingProgress Step(long step, double? validation = null) => s_long with { Step = step, ValidationLoss = validation };

    [Theory]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(120)]
    public void A_line_never_fills_the_terminal(int columns)
    {
        foreach (var p in (TrainingProgress[])[s_long, s_long with { ValidationLoss = null }, s_long with { Step = 1, TotalSteps = 9, Left = TimeSpan.FromSeconds(5), TokensPerSecond = 7, GradientNorm = 1 }])
        {
            string line = TrainDisplay.Line(p, columns);
            Assert.InRange(line.Length, 1, columns - 1);
            Assert.Contains($"step {p.Step}/{p.TotalSteps}  loss 12.3456", line, StringComparison.Ordinal);
            Assert.EndsWith(p.ValidationLoss is null ? "left " + (p.Step == 1 ? "0:05" : "12:30:00") : "validation 11.2345", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void More_than_a_day_is_told_in_hours() =>
        Assert.Contains("left 25:30:05", TrainDisplay.Line(s_long with { Left = new TimeSpan(1, 1, 30, 5) }, null), StringComparison.Ordinal);

    [Fact]
    public void The_bar_goes_first_then_norm_then_rate()
    {
        string[] parts = ["░", "norm", "rate", "MB", "tokens/s", "left", "validation", "loss"];
        string before = TrainDisplay.Line(s_long, 300);
        Assert.All(parts, part => Assert.Contains(part, before, StringComparison.Ordinal));
        var gone = new List<string>();
        for (int columns = 299; columns > 15; columns--)
        {
            string line = TrainDisplay.Line(s_long, columns);
            Assert.True(line.Length < columns);
            gone.AddRange(parts.Where(part => !gone.Contains(part) && !line.Contains(part, StringComparison.Ordinal)));
        }
        Assert.Equal(parts, gone);
        Assert.StartsWith("step 1234/20000  loss 12.3456  rate 1.5e-4  norm 123.45", TrainDisplay.Line(s_long, null), StringComparison.Ordinal);
    }

    [Fact]
    public void A_terminal_is_redrawn_at_most_ten_times_a_second()
    {
        var (writer, clock) = (new StringWriter { NewLine = "\n" }, new Clock());
        using (var display = new TrainDisplay(quiet: false, terminal: true, writer, () => 80, clock))
        {
            for (int step = 1; step <= 1000; step++)
            {
                display.Report(Step(step));
                clock.Milliseconds++;
            }
            display.Report(Step(1001, validation: 2));   // what somebody waits for is never left out
            display.Note("a note");
        }
        string[] drawn = writer.ToString().Split("\r\u001b[2K");
        Assert.Equal(1 + 10 + 1, drawn.Length);
        Assert.EndsWith("validation 2.0000\na note\n", drawn[^1], StringComparison.Ordinal);
        Assert.All(drawn[1..^1], line => Assert.DoesNotContain('\n', line));
    }

    [Fact]
    public void A_file_gets_a_whole_line_every_ten_seconds()
    {
        var (writer, clock) = (new StringWriter { NewLine = "\n" }, new Clock());
        using (var display = new TrainDisplay(quiet: false, terminal: false, writer, () => 20, clock))
            for (int step = 1; step <= 21; step++)
            {
                display.Report(Step(step));
                clock.Milliseconds += 1000;
            }
        Assert.Equal(["1", "11", "21"], writer.ToString().TrimEnd().Split('\n').Select(l => l.Split('/', ' ')[1]));
        Assert.DoesNotContain('\u001b', writer.ToString());
        Assert.Contains("norm 123.45", writer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Notes_are_told_beside_json_and_progress_is_not()
    {
        var writer = new StringWriter { NewLine = "\n" };
        using (var display = new TrainDisplay(quiet: true, terminal: true, writer, () => 80, new Clock()))
        {
            display.Report(Step(1));
            display.Note("step-00000012: without manifest, ignored.");
        }
        Assert.Equal("step-00000012: without manifest, ignored.\n", writer.ToString());
    }

    private sealed class Clock : TimeProvider
    {
        public long Milliseconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => Milliseconds;
    }
}
