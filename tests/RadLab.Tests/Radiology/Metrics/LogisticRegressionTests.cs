using RadLab.Radiology;

namespace RadLab.Tests.Radiology;

public sealed class LogisticRegressionTests
{
    [Fact]
    public void Two_texts_without_a_common_word_give_the_weight_that_pencil_and_paper_give()
    {
        // by symmetry all weights are +-u and the biases 0; the gradient is 0 where u / (C n) = (1 - sigmoid(2 u)) / n
        foreach (double c in (double[])[0.5, 1, 10])
        {
            double low = 0, high = 100;
            for (int i = 0; i < 200; i++)
            {
                double u = (low + high) / 2;
                if (u / c < 1 - 1 / (1 + Math.Exp(-2 * u))) low = u;
                else high = u;
            }
            var fitted = LogisticRegression.Fit(["cough", "knee"], ["chest", "leg"], c, tolerance: 1e-10);
            double p = 1 / (1 + Math.Exp(-2 * low));
            Assert.Equal([p, 1 - p], fitted.Probabilities("cough"), (a, b) => Math.Abs(a - b) < 1e-8);
            Assert.Equal([0.5, 0.5], fitted.Probabilities("something else"), (a, b) => Math.Abs(a - b) < 1e-8);
        }
    }

    [Fact]
    public void Without_words_only_the_shares_of_the_labels_are_learnt()
    {
        var fitted = LogisticRegression.Fit(["", "", "", ""], ["a", "b", "b", "b"], tolerance: 1e-9);
        Assert.Equal([0.25, 0.75], fitted.Probabilities("any"), (a, b) => Math.Abs(a - b) < 1e-7);
        Assert.Equal("b", fitted.Predict("any"));
    }

    [Fact]
    public void No_weights_nearby_are_better()
    {
        string[] texts = ["flank pain stones", "flank pain fever", "flank pain pregnant", "headache fever", "headache migraine", "knee pain", "knee locking", "pain"];
        string[] labels = ["ct", "ct", "us", "mri", "mri", "xr", "mri", "xr"];
        double Loss(LogisticRegression m) => texts.Zip(labels).Average(t => -Math.Log(m.Probabilities(t.First)[Array.IndexOf([.. m.Labels], t.Second)]));
        // a closer fit has a lower loss on what it was fitted to, and at the minimum a longer search changes nothing
        double loose = Loss(LogisticRegression.Fit(texts, labels, 0.1)), close = Loss(LogisticRegression.Fit(texts, labels, 10)), closer = Loss(LogisticRegression.Fit(texts, labels, 1000));
        Assert.True(loose > close && close > closer);
        var (a, b) = (LogisticRegression.Fit(texts, labels, 10, 1e-7), LogisticRegression.Fit(texts, labels, 10, 1e-11));
        foreach (string text in texts) Assert.Equal(b.Probabilities(text), a.Probabilities(text), (x, y) => Math.Abs(x - y) < 1e-5);
        Assert.Equal("mri", a.Predict("knee locking"));
    }

    [Fact]
    public void Its_exp_and_log_are_those_of_mathematics()
    {
        for (double x = -700; x < 700; x += 0.37) Assert.InRange(ExactMath.Exp(x) / Math.Exp(x), 1 - 1e-15, 1 + 1e-15);
        for (double x = 1e-5; x < 1e5; x *= 1.37) Assert.Equal(Math.Log(x), ExactMath.Log(x), 1e-13);
        Assert.Equal((1.0, 0.0), (ExactMath.Exp(0), ExactMath.Exp(-800)));
    }

    [Fact]
    public void What_cannot_be_fitted_is_named()
    {
        Assert.Equal("LogisticRegression: labels must be as many as texts and at least one, got 1 and 2.", Assert.Throws<ArgumentException>(() => LogisticRegression.Fit(["a", "b"], ["x"])).Message);
        Assert.Equal("LogisticRegression: c must be above 0, got 0.", Assert.Throws<ArgumentException>(() => LogisticRegression.Fit(["a"], ["x"], 0)).Message);
    }
}
