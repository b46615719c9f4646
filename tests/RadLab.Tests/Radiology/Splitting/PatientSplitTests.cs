using FsCheck;
using FsCheck.Fluent;
using RadLab.Radiology;

namespace RadLab.Tests;

public sealed class PatientSplitTests
{
    [Fact]
    public void Shares_are_reached_and_another_salt_gives_an_independent_split()
    {
        var one = new PatientSplit("one", new SplitShares(0.7, 0.1, 0.2));
        var two = new PatientSplit("two", new SplitShares(0.7, 0.1, 0.2));
        const int Patients = 20_000;
        int[,] both = new int[3, 3];
        for (int i = 0; i < Patients; i++) both[(int)one.Of("s", $"p{i}"), (int)two.Of("s", $"p{i}")]++;
        double[] shares = [0.7, 0.1, 0.2];
        for (int a = 0; a < 3; a++)
            for (int b = 0; b < 3; b++)
            {
                double p = shares[a] * shares[b];
                Assert.InRange(both[a, b] / (double)Patients, p - 5 * Math.Sqrt(p * (1 - p) / Patients), p + 5 * Math.Sqrt(p * (1 - p) / Patients));
            }
    }

    [Fact]
    public void The_same_salt_source_and_patient_give_the_same_side_as_ever()
    {
        // SHA-256 over "fixed", "openi", "p1", each after its length in 4 bytes; fixed for good: a change of the formula would move the patients of every data set in use
        var split = new PatientSplit("fixed");
        Assert.Equal("2df0a0608a54bed0d67a3a30b2f17cf2", split.Key("openi", "p1").ToString());
        Assert.NotEqual(split.Key("openi", "p1"), split.Key("open", "ip1"));
    }

    [Fact]
    public void A_side_of_share_zero_gets_nobody() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Gen.Choose(0, 1 << 30).ToArbitrary(), n =>
            new PatientSplit("s", new SplitShares(1, 0, 0)).Of("x", $"{n}") == DataSplit.Train
            && new PatientSplit("s", new SplitShares(0, 0, 1)).Of("x", $"{n}") == DataSplit.Test
            && new PatientSplit("s", new SplitShares(0.9, 0.1, 0)).Of("x", $"{n}") != DataSplit.Test));

    [Fact]
    public void Wrong_arguments_are_named()
    {
        Assert.StartsWith("PatientSplit: salt must not be empty; name one for the data set and keep it, it decides the split.", Assert.Throws<ArgumentException>(() => new PatientSplit(" ")).Message, StringComparison.Ordinal);
        Assert.StartsWith("PatientSplit: patientId must not be empty; records without a patient are split by their findings (SplitPlan).", Assert.Throws<ArgumentException>(() => new PatientSplit("s").Of("x", "")).Message, StringComparison.Ordinal);
        Assert.Equal("SplitShares: train, validation and test must be at least 0 and add up to 1, got 0.8, 0.1 and 0.2.", Assert.Throws<ArgumentException>(() => new PatientSplit("s", new SplitShares(0.8, 0.1, 0.2))).Message);
        Assert.Throws<ArgumentException>(() => new PatientSplit("s", new SplitShares(double.NaN, 0.5, 0.5)));
        Assert.Throws<ArgumentException>(() => new PatientSplit("s", new SplitShares(1.5, -0.5, 0)));
    }

    [Fact]
    public void Names_of_sides_are_read_back()
    {
        foreach (var side in Enum.GetValues<DataSplit>()) Assert.True(DataSplits.TryParse(side.Name(), out var read) && read == side);
        Assert.False(DataSplits.TryParse("Train", out _));
    }
}
