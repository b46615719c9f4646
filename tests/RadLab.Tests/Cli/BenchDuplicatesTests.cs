using System.Text.Json;

namespace RadLab.Tests;

public sealed class BenchDuplicatesTests
{
    [Fact]
    public async Task It_finds_the_planted_duplicates_and_counts_them()
    {
        var result = await Cli.RunAsync(Path.GetTempPath(), ["bench", "duplicates", "--reports", "3000", "--threads", "1", "--json"]);
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
        using var json = JsonDocument.Parse(result.Output);
        double Figure(string name) => json.RootElement.GetProperty(name).GetDouble();
        Assert.Equal(1, Figure("planted_copies_recall"));
        Assert.InRange(Figure("planted_copies"), 200, 400);
        Assert.InRange(Figure("exact_duplicates"), Figure("planted_copies"), Figure("planted_copies") + 10);
        Assert.InRange(Figure("planted_changed_recall"), 0.99, 1);
        Assert.InRange(Figure("planted_changed"), 200, 400);
        Assert.InRange(Figure("words_per_report"), 55, 75);
        Assert.True(Figure("exact_reports_per_s") > 0 && Figure("near_s") > 0 && Figure("gate_reports_per_s") > 0);
    }

    [Fact]
    public async Task A_number_of_reports_out_of_range_is_wrong_usage()
    {
        var result = await Cli.RunAsync(Path.GetTempPath(), ["bench", "duplicates", "--reports", "0"]);
        Assert.Equal("radlab: --reports must be a number from 1 to 20000000, got 0", result.Error.Trim());
        Assert.Equal(2, result.ExitCode);
    }

    [Fact]
    public async Task Labels_need_their_data_and_say_which()
    {
        string folder = Directory.CreateTempSubdirectory("radlab-labels").FullName;
        try
        {
            var result = await Cli.RunAsync(folder, ["bench", "labels", "--data", folder]);
            Assert.Equal($"radlab: bench labels: {Path.Combine(folder, "reports/openi-chest-xray-NONCOMMERCIAL/reports.csv")} does not exist", result.Error.Trim());
            Assert.Equal(2, result.ExitCode);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
