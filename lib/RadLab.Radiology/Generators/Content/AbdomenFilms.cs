using static RadLab.Radiology.Degrees;

namespace RadLab.Radiology;

/// <summary>Radiographs of the abdomen.</summary>
internal static class AbdomenFilms
{
    private static readonly ReportOrgan s_gas = new("Bowel gas")
    {
        Normals =
        [
            new(["bowel obstruction", "ileus"], ["Nonobstructive bowel gas pattern.", "The bowel gas pattern is nonobstructive.", "Normal bowel gas pattern.", "No dilated loops of bowel."]) { Chance = 1 },
            new(["free air"], ["No free intraperitoneal air.", "No evidence of pneumoperitoneum.", "There is no free air."]) { Chance = 0.7 },
        ],
        Findings =
        [
            new("small bowel obstruction") { Kinds = ["#dilated small bowel loops with air-fluid levels", "#dilated loops of small bowel"], Concepts = ["bowel obstruction"], Size = new(32, 55), Weight = 3, Rank = 3, Acute = true, Course = FindingCourse.Acute, Excludes = ["ileus"], Diagnoses = ["small bowel obstruction", "partial small bowel obstruction"], Says = ["{x}, up to {size}{since}.", "There are {new} {x} measuring up to {size}.", "Multiple {x} measuring up to {size}, with paucity of distal gas{since}."], Ends = ["{x} up to {size}{since}{dx}.", "{new} {x}{dx}.", "{there} {x} up to {size}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.Surgery },
            new("ileus") { Nouns = ["~diffuse gaseous distention of small and large bowel", "~gaseous distention of bowel"], Weight = 3, Rank = 2, Acute = true, Course = FindingCourse.Acute, Grades = Mild, Diagnoses = ["ileus", "adynamic ileus"], Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}{dx}.", "{new} {x}{dx}.", "{there} {grade} {x}{since}{dx}."] },
            new("stool burden") { Nouns = ["~colonic stool burden", "~stool throughout the colon"], Grades = ["moderate", "large"], Weight = 5, Rank = 1, Course = FindingCourse.Acute, Diagnoses = ["constipation"], Says = ["{grade} {x}{since}.", "There is {grade} volume {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}{dx}.", "{new} {grade} {x}{dx}.", "{there} {grade} {x}{since}{dx}."] },
            new("free air") { Nouns = ["~free air under the diaphragm", "~pneumoperitoneum"], Weight = 0.7, Rank = 3, Acute = true, Course = FindingCourse.Acute, Says = ["There is {x}{since}.", "{new} {x}.", "{x} is present{since}."], Ends = ["{x}{since}.", "{new} {x}.", "{there} {x}{since}."], Advice = s => s.IsStable ? null : Advice.Surgery },
        ],
    };

    private static readonly ReportOrgan s_other = new("Calcifications and bones")
    {
        Normals =
        [
            new(["calcification"], ["No abnormal calcifications.", "No radiopaque urinary calculi.", "No suspicious calcification over the kidneys or ureters."]) { Chance = 0.7 },
            new(["acute osseous abnormality"], ["No acute osseous abnormality.", "Visualized bones are unremarkable.", "The osseous structures are intact."]) { Chance = 0.6 },
            new(["lung base abnormality"], ["The lung bases are clear.", "Visualized lung bases are clear.", "Clear lung bases."]) { Chance = 0.4 },
        ],
        Findings =
        [
            new("renal calculus") { Kinds = ["calcification", "radiopaque calculus/radiopaque calculi"], Concepts = ["calcification"], Places = ["right kidney", "left kidney"], At = "over the {place}", Size = new(3, 14), Weight = 2.5, Rank = 1, Course = FindingCourse.Lesion, Diagnoses = ["nephrolithiasis"], Says = ["{size} {x} projects over the {place}{since}.", "{there} {new} {size} {x} over the {place}.", "{new} {size} {x} over the {place}."], Ends = ["{size} {x} over the {place}{since}{dx}.", "{new} {x} over the {place}{dx}.", "{there} {size} {x} over the {place}{since}{dx}."] },
            new("phleboliths") { Nouns = ["#pelvic phleboliths", "#phleboliths"], Weight = 2.5, Rank = 0, Course = FindingCourse.Fixed, Says = ["{x} are noted.", "There are {x}."] },
            new("feeding tube") { Nouns = ["enteric tube", "feeding tube"], Weight = 2.5, Rank = 1, Course = FindingCourse.Fixed, Traits = [new("tip", "in the stomach", "in the proximal duodenum", "in the distal duodenum", "in the proximal jejunum")], Says = ["{x} tip {tip}.", "The {x} terminates {tip}.", "{there} {x} tip {tip}."], Ends = ["{x} tip {tip}.", "{x} with its tip {tip}.", "{there} {x} tip {tip}."] },
            new("lumbar spondylosis") { Nouns = ["#degenerative changes", "~spondylosis"], Grades = Stenosis, Weight = 3, MinAge = 45, Rank = 0, Says = ["{grade} {x} of the lumbar spine{since}.", "There {is} {grade} {x} of the spine{since}.", "{there} {grade} {x} of the lumbar spine{since}."] },
            new("surgical clips") { Nouns = ["#right upper quadrant surgical clips", "#cholecystectomy clips"], Weight = 1.6, MinAge = 30, Rank = 0, Course = FindingCourse.Fixed, Says = ["{x} are present.", "There are {x}."] },
        ],
    };

    public static readonly ReportExam Abdomen = new("abdominal radiograph")
    {
        Modality = "CR", Titles = ["XR Abdomen 1 View", "XR ABDOMEN SUPINE AND UPRIGHT", "KUB", "Abdominal radiographs"], Noun = "abdominal radiograph", Weight = 3, Findings = 2, NormalChance = 0.2, AcuteConcept = "acute abdominal abnormality", Interval = StudyInterval.Days,
        Techniques = ["Supine view of the abdomen.", "Supine and upright views of the abdomen.", "Single AP view of the abdomen and pelvis.", "Two views of the abdomen."],
        Organs = [s_gas, s_other], NothingAcute = ["No acute abdominal abnormality.", "No radiographic evidence of acute abdominal process.", "No acute findings."], Normal = ["Normal abdominal radiograph.", "Unremarkable radiograph of the abdomen.", "Normal bowel gas pattern and normal examination."],
        Reasons =
        [
            new(["abdominal pain and distention", "nausea and vomiting", "abdominal distention after surgery"]) { Boosts = ["small bowel obstruction", "ileus"], Question = "bowel obstruction", Asks = "obstruction", Weight = 5 },
            new(["constipation", "abdominal pain and constipation"]) { Boosts = ["stool burden"], Weight = 4 },
            new(["feeding tube placement", "nasogastric tube placement"]) { Boosts = ["feeding tube"], Weight = 3 },
            new(["flank pain", "known kidney stones"]) { Boosts = ["renal calculus"], Question = "calcification", Asks = "radiopaque calculus", Weight = 2 },
        ],
    };
}
